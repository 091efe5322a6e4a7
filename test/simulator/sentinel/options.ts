import type { Random } from '../../support/random.ts';
import type { Network } from '../network/network.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** What a Sentinel is told. */
export interface SentinelOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly name: string;
  readonly masterName: string;
  /** The master's address. */
  readonly master: string;
  /** The machines of the other Sentinels. */
  readonly others: readonly string[];
  readonly quorum: number;
  readonly downAfterMs: number;
  readonly failoverTimeoutMs: number;
  /** Hears what the Sentinel publishes, and when. */
  readonly onEvent?: (channel: string, text: string) => void;
}
