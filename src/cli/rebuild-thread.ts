import { parentPort, workerData } from 'node:worker_threads';
import { readConfig } from '../config/config.ts';
import { openStores } from '../compose/store/stores.ts';
import type { RebuildReport } from '../store/rebuild.ts';
import { takeFrom } from './rebuild-threads.ts';
import type { Partitions, ThreadMessage } from './rebuild-threads.ts';

/** One more thread of a rebuild: folds partitions as long as there are any, and tells. */
const opened = await openStores(readConfig(process.env, false));
try {
  const report = await opened.rebuildAll(
    (progress) => post(progress, false),
    takeFrom(workerData as Partitions),
  );
  post(report, true);
} finally {
  await opened.close();
}

function post(report: RebuildReport, done: boolean): void {
  const message: ThreadMessage = { report, done };
  parentPort?.postMessage(message);
}
