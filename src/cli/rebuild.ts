import type { RebuildAll, RebuildReport } from '../store/rebuild.ts';

const LISTED_MAX = 20;

/**
 * Folds all tickets anew from the log, with progress, and says how the heads compare. Answers the exit status: 1 where a
 * head is not what the log adds up to.
 */
export async function runRebuild(
  rebuildAll: RebuildAll,
  write: (text: string) => void,
  now: () => number,
): Promise<number> {
  const startedAt = now();
  let toldAt = startedAt;
  const report = await rebuildAll((progress) => {
    if (now() - toldAt < 1000) return;
    toldAt = now();
    write(`… ${summary(progress)}\n`);
  });
  const seconds = (now() - startedAt) / 1000;
  write(`${summary(report)}, in ${seconds.toFixed(2)} s\n`);
  for (const subject of report.different.slice(0, LISTED_MAX)) write(`differs: ${subject}\n`);
  return report.different.length === 0 ? 0 : 1;
}

function summary({ events, tickets, equal, rebuilt, over, newer, different }: RebuildReport): string {
  return (
    `${events} events of ${tickets} tickets: ${equal} heads equal to the byte, ${rebuilt} rebuilt, ${over} over, ` +
    `${newer} of a later release, ${different.length} different`
  );
}
