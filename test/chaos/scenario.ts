import type { Gateway } from '../support/gateway.ts';
import type { Random } from '../support/random.ts';
import type { Redis } from '../support/redis.ts';
import type { Chronicle } from './chronicle.ts';
import type { Load, Rates } from './load.ts';
import type { TicketLog } from './log.ts';
import type { SignInSettings } from './sign-in.ts';
import type { Column, Pardon } from './verdict.ts';

/** The store that a scenario breaks: its servers, and how each gateway reaches them. */
export interface Ground {
  /** `SCANGATE_STORE` of each gateway. */
  readonly urls: readonly [string, string, ...string[]];
  /** What the gateways need to reach them, besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** The servers that hold the truth now. */
  masters(): Promise<readonly Redis[]>;
  stop(): Promise<void>;
}

/** What a scenario works with while sign-ins go on. */
export interface Stage<G extends Ground> {
  readonly ground: G;
  readonly gateways: readonly [Gateway, Gateway, ...Gateway[]];
  readonly chronicle: Chronicle;
  readonly load: Load;
  readonly random: Random;
  /** How many sign-ins are to begin, where the row goes on until they have: its own number, or the one that was asked for. */
  readonly signInsWanted: number;
  /** The settings of the sign-ins that run, for those that a scenario plays itself. */
  readonly signIns: SignInSettings;
  sleep(ms: number): Promise<void>;
  /** This gateway was broken on purpose: its silence is not the store's. */
  ignore(gateway: number): void;
  /** Only writes of these tickets tell how long nothing was written: those of a master that went, say. */
  judgeWrites(whose: (ticketId: string) => boolean): void;
  /** A number that belongs to the row: seconds until Sentinel switched, say. */
  note(name: string, value: number | string): void;
  /** A promise that only this scenario can see broken. */
  breach(column: Column, why: string, ticketId?: string): void;
  /** Another promise that was not kept, which no column counts: said in one line. */
  unkept(why: string): void;
  /** What may be lost here. */
  pardon(pardon: Pardon): void;
}

/** One row of the table. */
export interface Scenario<G extends Ground = Ground> {
  readonly name: string;
  /** As the table says it. */
  readonly title: string;
  /** Among the few that CI runs. */
  readonly smoke?: true;
  /** Settings of both gateways over the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of one gateway. */
  readonly envOf?: (gateway: number) => Promise<Readonly<Record<string, string>>>;
  readonly rates?: Partial<Rates>;
  /** How long its people repeat a step, in milliseconds. */
  readonly patienceMs?: number;
  /** How many sign-ins begin, where the row goes on until they have; `--sign-ins` says another number. */
  readonly signIns?: number;
  /** How many gateways there are; two unless it says so. */
  readonly gatewayCount?: number;
  /** The shortest and the longest pause of its people between two steps, in milliseconds. */
  readonly thinkMs?: readonly [shortest: number, longest: number];
  /** How many events a second the store must have taken while it was played. */
  readonly eventsPerSecondMin?: number;
  /** Writes may be away for so many seconds at a time. */
  readonly withoutWritesMaxS?: number;
  /** Whether a sign-in stays at the gateway where it began. */
  readonly sticky?: boolean;
  /** The history ends before the run does: a gateway may have forgotten a ticket that the log still has. */
  readonly forgets?: true;
  /** Writes must be back this many seconds after the Sentinels switched (the note `switch s`). */
  readonly writesAfterSwitchS?: number;
  /** For how many seconds a gateway that browsers watched was away, where the writes at the others do not show it. */
  readonly outageS?: number;
  /** The servers' clocks differ from each other, or from ours. */
  readonly skewed?: true;
  readonly prepare: () => Promise<G>;
  /** Breaks things and heals them. Sign-ins began a moment ago, and go on for a moment afterwards. */
  readonly play: (stage: Stage<G>) => Promise<void>;
  /** Judges what only this row can see, once the last sign-in has ended; the gateways still run. */
  readonly judge?: (stage: Stage<G>, log: TicketLog) => Promise<void>;
}

/** Hides what ground a scenario plays on, so that all stand in one list. */
export type AnyScenario = Omit<Scenario, 'prepare' | 'play' | 'judge'> & {
  /** Starts its servers. */
  readonly prepare: () => Promise<Prepared>;
};

/** A ground that is ready, and what is played on it. */
export interface Prepared {
  readonly ground: Ground;
  readonly play: (stage: Stage<Ground>) => Promise<void>;
  readonly judge: (stage: Stage<Ground>, log: TicketLog) => Promise<void>;
}

/** Ties a scenario to the ground it was written for. */
export function scenario<G extends Ground>(written: Scenario<G>): AnyScenario {
  const { prepare, play, judge, ...rest } = written;
  return {
    ...rest,
    prepare: async () => {
      const ground = await prepare();
      return {
        ground,
        play: (stage) => play({ ...stage, ground }),
        judge: async (stage, log) => judge?.({ ...stage, ground }, log),
      };
    },
  };
}
