import { Worker } from 'node:worker_threads';
import type { Request } from './request.ts';
import type { Summary } from './summary.ts';

/** Plays seeds on several cores. @param onSummary hears of each as it is done; it answers whether to go on. */
export async function playAll(
  { first, seeds, faults, workers }: Request,
  onSummary: (summary: Summary) => boolean,
): Promise<void> {
  let next = first;
  let goesOn = true;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: { faults } });
      const send = (): void => {
        if (goesOn && next < first + seeds) worker.postMessage(next++);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('error', reject);
      worker.on('message', (summary: Summary) => {
        goesOn = onSummary(summary) && goesOn;
        send();
      });
      send();
    });
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, work));
}
