import { every } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import type { FailoverState } from './failover-state.ts';

const ASK_EVERY_MS = 1_000;

/** How long the majority may be silent. */
export interface MajoritySettings {
  /** After how long without a majority calls are refused at once, in milliseconds: until then each asks by itself. */
  readonly sentinelSilenceMaxMs: number;
}

/** Who is asked, and who hears of it. */
export interface MajorityWatchOptions {
  readonly settings: MajoritySettings;
  readonly shards: Shards;
  readonly state: Pick<FailoverState, 'answeredTimes' | 'trust'>;
  /** Whether a shard's server is the master, asked after this call. */
  readonly isMaster: (shard: Shard) => Promise<boolean>;
  readonly time: Time;
}

/**
 * Asks once a second whether the server that answers is still the master, also while nobody asks for anything: so that
 * what it answered can be trusted, and another master is found.
 */
export class MajorityWatch {
  readonly #options: MajorityWatchOptions;
  #saidSoAt: number;
  #asking = false;
  #stop = (): void => {};

  constructor(options: MajorityWatchOptions) {
    this.#options = options;
    this.#saidSoAt = options.time.now();
  }

  start(): void {
    this.#stop = every(this.#options.time, ASK_EVERY_MS, () => void this.#ask());
  }

  stop(): void {
    this.#stop();
  }

  /** Why calls are of no use at this moment; undefined where they may be. */
  refusal(): string | undefined {
    const { time, settings } = this.#options;
    return time.now() - this.#saidSoAt > settings.sentinelSilenceMaxMs
      ? 'no majority names the master that is connected'
      : undefined;
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { shards, state, isMaster, time } = this.#options;
    const answered = state.answeredTimes();
    const said = await Promise.all(shards.all.map((shard) => isMaster(shard).catch(() => false)));
    this.#asking = false;
    if (said.length === 0 || !said.every(Boolean)) return;
    this.#saidSoAt = time.now();
    state.trust(answered);
  }
}
