import type { Durability } from './event-store.ts';

/** What both stores are told. Durations in milliseconds. */
export interface StoreSettings {
  /** How long an outcome can still be learnt after the end (`SCANGATE_HISTORY`): a head outlives its deadline by this. */
  readonly historyMs: number;
  /** The longest that a ticket can live: with the history, how much log is kept. */
  readonly lifeMaxMs: number;
  /** The bound of every call. */
  readonly callTimeoutMs: number;
  /** When what it answers may be told (`SCANGATE_DURABILITY`); `auto` where nothing is said. */
  readonly durability?: Durability;
}
