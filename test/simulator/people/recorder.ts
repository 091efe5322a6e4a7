import { createHash } from 'node:crypto';
import type { Notice, SessionCall, TicketCall } from '../../history/history.ts';

/** One line of a story. */
export interface Line {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** Takes down what happens in a simulation: for the judge, and as a story. */
export class Recorder {
  readonly calls: TicketCall[] = [];
  readonly sessionCalls: SessionCall[] = [];
  readonly notices: Notice[] = [];
  readonly lines: Line[] = [];
  readonly #counts = new Map<string, number>();
  #onDecision: () => void = () => {};
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns the instant. */
  tell(who: string, what: string): number {
    const at = this.#now();
    this.lines.push({ at, who, what });
    return at;
  }

  /** A client has heard how its call ended, or nothing. */
  called(call: TicketCall): void {
    this.calls.push(call);
    const { command, outcome } = call;
    if (outcome.kind !== 'done' || (command !== 'scan' && command !== 'confirm')) return;
    this.#onDecision();
  }

  /** Hears once, when clients were told so many times that a scan or a confirmation was taken. */
  afterDecisions(times: number, hear: () => void): void {
    const before = this.#onDecision;
    let left = times;
    this.#onDecision = () => {
      before();
      if (--left === 0) hear();
    };
  }

  /** A situation that matters has come about. */
  count(situation: string, times = 1): void {
    this.#counts.set(situation, (this.#counts.get(situation) ?? 0) + times);
  }

  get situations(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The same for the same run, and for no other. */
  get hash(): string {
    const hash = createHash('sha256');
    for (const { at, who, what } of this.lines) hash.update(`${at} ${who} ${what}\n`);
    return hash.digest('hex').slice(0, 16);
  }
}
