/**
 * Preloaded into what is measured: SIGUSR2 collects garbage, so that what is measured is what is held, and says in the file
 * `BENCH_COLLECTED`, where one is named, how often it did.
 */
import { writeFileSync } from 'node:fs';

const { BENCH_COLLECTED: file } = process.env;
let collected = 0;
process.on('SIGUSR2', () => {
  globalThis.gc();
  collected += 1;
  if (file !== undefined) writeFileSync(file, String(collected));
});
