import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Build {
  readonly ensureBuilt: (options: { readonly say: (line: string) => void }) => Promise<boolean>;
}

// A run of everything has built before it began; of named files, the first that starts the build makes it.
if (process.env['SCANGATE_TEST_BUILT'] === undefined) {
  const { ensureBuilt } = (await import(new URL('../../scripts/build.mjs', import.meta.url).href)) as Build;
  await ensureBuilt({ say: (line) => process.stderr.write(`${line}\n`) });
}

/** A file of the build that tests start, by its path below `dist`: built from what stands in the checkout. */
export function built(path: string): string {
  return join(fileURLToPath(new URL('../../dist', import.meta.url)), path);
}
