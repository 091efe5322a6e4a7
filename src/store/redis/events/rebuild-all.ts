import type { RebuildReport } from '../../rebuild.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { rebuildPartition } from './rebuild-partition.ts';
import type { Counts } from './rebuild-partition.ts';

/**
 * Folds every ticket of the log, partition by partition, and holds it against its head. A missing head is put back; one
 * that differs is only told.
 */
export async function rebuildAll(
  calls: PartitionCalls,
  historyMs: number,
  onProgress: (report: RebuildReport) => void,
  take: () => number = fromFirst(),
): Promise<RebuildReport> {
  const counts: Counts = { events: 0, tickets: 0, equal: 0, rebuilt: 0, over: 0, newer: 0, different: [] };
  for (let partition = take(); partition < calls.partitions; partition = take()) {
    await rebuildPartition({ calls, historyMs, partition }, counts, () => onProgress({ ...counts }));
  }
  return counts;
}

function fromFirst(): () => number {
  let next = 0;
  return () => next++;
}
