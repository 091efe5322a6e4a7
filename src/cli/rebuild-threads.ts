import { Worker } from 'node:worker_threads';
import type { RebuildAll, RebuildReport } from '../store/rebuild.ts';

/** What a thread tells: how far it is, and at last what it found. */
export interface ThreadMessage {
  readonly report: RebuildReport;
  readonly done: boolean;
}

/** The partitions that are not taken yet, for all threads: the number of the next one. */
export type Partitions = Int32Array<SharedArrayBuffer>;

/** Takes the next partition. */
export function takeFrom(partitions: Partitions): () => number {
  return () => Atomics.add(partitions, 0, 1);
}

/** Folds everything anew on several threads, this one among them; each has its own connections. */
export function onThreads(threads: number, rebuildAll: RebuildAll): RebuildAll {
  return async (onProgress) => {
    const partitions = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const reports = new Map<Worker | undefined, RebuildReport>();
    const note = (report: RebuildReport, worker?: Worker): void => {
      reports.set(worker, report);
      onProgress(sum([...reports.values()]));
    };
    const workers = Array.from(
      { length: threads - 1 },
      () => new Worker(new URL('./rebuild-thread.js', import.meta.url), { workerData: partitions }),
    );
    try {
      const others = workers.map((worker) => reportsOf(worker, (report) => note(report, worker)));
      const own = rebuildAll(note, takeFrom(partitions)).then(note);
      await Promise.all([own, ...others]);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    return sum([...reports.values()]);
  };
}

/** Hears a thread until it ends. @throws Error where it ends before it is done. */
function reportsOf(worker: Worker, onReport: (report: RebuildReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    worker.on('message', ({ report, done }: ThreadMessage) => {
      onReport(report);
      isDone = done;
    });
    worker.once('error', reject);
    worker.once('exit', (status) => {
      if (isDone) resolve();
      else reject(new Error(`a thread of the rebuild ended early, with status ${status}`));
    });
  });
}

function sum(reports: readonly RebuildReport[]): RebuildReport {
  const all = (count: Exclude<keyof RebuildReport, 'different'>): number =>
    reports.reduce((total, report) => total + report[count], 0);
  return {
    events: all('events'),
    tickets: all('tickets'),
    equal: all('equal'),
    rebuilt: all('rebuilt'),
    over: all('over'),
    newer: all('newer'),
    different: reports.flatMap(({ different }) => different),
  };
}
