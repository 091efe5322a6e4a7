/**
 * Preloaded into what is measured: SIGUSR2 collects garbage, so that what is measured is what is held, and says in the file
 * `BENCH_COLLECTED` how often it did.
 */
import { writeFileSync } from 'node:fs';

let collected = 0;
process.on('SIGUSR2', () => {
  globalThis.gc();
  collected += 1;
  writeFileSync(process.env.BENCH_COLLECTED, String(collected));
});
