import type { Head } from '../../event-store.ts';
import type { RebuildReport } from '../../rebuild.ts';
import type { Subject } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { rebuildPartition } from './rebuild-partition.ts';
import type { Counts } from './rebuild-partition.ts';

/** Whose tickets are folded. */
export interface RebuildSource {
  readonly calls: PartitionCalls;
  /** How long a head outlives its ticket's end, in milliseconds. */
  readonly historyMs: number;
  /** The token of a partition's fence as this node knows it. */
  readonly tokenOf: (partition: number) => string;
  /** Folds one ticket by itself: see `SubjectLog.rebuild`. */
  readonly rebuild: (subject: Subject) => Promise<Head | null>;
}

/**
 * Folds every ticket of the log, partition by partition, and holds it against its head. A missing head is put back; one
 * that differs is only told.
 */
export async function rebuildAll(
  { tokenOf, ...source }: RebuildSource,
  onProgress: (report: RebuildReport) => void,
  take: () => number = fromFirst(),
): Promise<RebuildReport> {
  const counts: Counts = { events: 0, tickets: 0, equal: 0, rebuilt: 0, over: 0, newer: 0, different: [] };
  for (let partition = take(); partition < source.calls.partitions; partition = take()) {
    const folded = { ...source, partition, token: tokenOf(partition) };
    await rebuildPartition(folded, counts, () => onProgress({ ...counts }));
  }
  return counts;
}

function fromFirst(): () => number {
  let next = 0;
  return () => next++;
}
