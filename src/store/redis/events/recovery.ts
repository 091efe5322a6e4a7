import type { Append, Moment } from '../../event-store.ts';
import type { Subject } from '../../subject.ts';

/**
 * What the event store tells whoever deals with failovers, and asks of it: who must wait, and what this node remembers.
 * `failover/` implements it; nothing here knows how events come back.
 */
export interface Recovery {
  /** Settles when none of these subjects waits for events to be put back; undefined where none does. */
  held(subjects: readonly Subject[]): Promise<void> | undefined;
  /** Whether the store has had another history for so short that others may still be putting events back. */
  isFresh(): boolean;
  /** The newest version of a subject that this node remembers; 0 for none. */
  knownVersion(subject: Subject): number;
  /** The token of a partition's fence as this node last met it; empty where it never did. */
  tokenOf(partition: number): string;
  /** The store acknowledged a batch to this node. */
  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void;
  /** A log entry was read, at a time of the store when its log was already written that far. */
  observed(text: string, partition: number, now: number): void;
  /** A partition's master told the time, in milliseconds since the epoch. */
  answered(partition: number, now: number): void;
}
