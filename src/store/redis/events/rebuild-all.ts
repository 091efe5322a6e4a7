import type { RebuildReport } from '../../rebuild.ts';
import { rebuildPartition } from './rebuild-partition.ts';
import type { Counts } from './rebuild-partition.ts';
import type { Session } from './session.ts';

/**
 * Folds every ticket of the log, partition by partition, and holds it against its head. A missing head is put back; one
 * that differs is only told.
 */
export async function rebuildAll(
  session: Session,
  onProgress: (report: RebuildReport) => void,
  take: () => number = fromFirst(),
): Promise<RebuildReport> {
  const counts: Counts = { events: 0, tickets: 0, equal: 0, rebuilt: 0, over: 0, newer: 0, different: [] };
  for (let partition = take(); partition < session.partitions; partition = take()) {
    await rebuildPartition(session, partition, counts, () => onProgress({ ...counts }));
  }
  return counts;
}

function fromFirst(): () => number {
  let next = 0;
  return () => next++;
}
