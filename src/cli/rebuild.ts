import { openExistingStores } from '../compose/store/existing.ts';
import { counted } from './counted.ts';
import { toolConfig } from './tool-config.ts';
import type { RebuildAll, RebuildReport } from '../store/rebuild.ts';
import { onThreads } from './rebuild-threads.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

const LISTED_MAX = 20;

/** Folds the store of the environment anew, on several threads where it is a Redis. */
export async function rebuild(threads: number, terminal: Terminal): Promise<Status> {
  const config = toolConfig();
  const opened = await openExistingStores(config);
  try {
    const divides = config.storeKind === 'redis' && threads > 1;
    const rebuildAll = divides ? onThreads(threads, opened.rebuildAll) : opened.rebuildAll;
    return await runRebuild(rebuildAll, terminal);
  } finally {
    await opened.close();
  }
}

/** Folds all tickets anew from the log, with progress, and says how the heads compare. */
async function runRebuild(rebuildAll: RebuildAll, { say, tell }: Terminal): Promise<Status> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  const report = await rebuildAll((progress) => {
    if (performance.now() - toldAt < 1000) return;
    toldAt = performance.now();
    say(`… ${summary(progress)}\n`);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  say(`${summary(report)}, in ${seconds.toFixed(2)} s\n`);
  for (const subject of report.different.slice(0, LISTED_MAX)) say(`differs: ${subject}\n`);
  tell({ ...report, seconds });
  return report.different.length === 0 ? STATUS.done : STATUS.failed;
}

function summary({ events, tickets, equal, rebuilt, over, newer, different }: RebuildReport): string {
  return (
    `${counted(events, 'event')} of ${counted(tickets, 'ticket')}: ${counted(equal, 'head')} equal to the byte, ${rebuilt} rebuilt, ${over} over, ` +
    `${newer} of a later release, ${different.length} different`
  );
}
