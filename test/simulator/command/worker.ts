import { parentPort, workerData } from 'node:worker_threads';
import type { FaultCount } from '../schedule/generator.ts';
import { playSeed } from './summary.ts';

/** Plays each seed that it is sent, and answers with what came of it. */
const { faults } = workerData as { readonly faults: FaultCount };
parentPort?.on('message', (seed: number) => {
  void playSeed(seed, faults).then((summary) => parentPort?.postMessage(summary));
});
