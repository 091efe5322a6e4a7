import type { Subject } from './subject.ts';

/** What folding all tickets anew from the log found. */
export interface RebuildReport {
  readonly events: number;
  readonly tickets: number;
  /** Heads that are, to the byte, what the log adds up to. */
  readonly equal: number;
  /** Heads that were missing and were put back. */
  readonly rebuilt: number;
  /** Tickets whose head has ended, as it should. */
  readonly over: number;
  /** Tickets with an event of a later release: left alone. */
  readonly newer: number;
  /** Tickets whose head is not what the log adds up to: a defect, or a hand. Only told. */
  readonly different: readonly Subject[];
}

/**
 * Folds all tickets anew from the log and holds them against their heads; missing heads are put back.
 *
 * @param take takes the next partition, for callers that divide a store's partitions among them; a file is folded whole.
 */
export type RebuildAll = (
  onProgress: (report: RebuildReport) => void,
  take?: () => number,
) => Promise<RebuildReport>;
