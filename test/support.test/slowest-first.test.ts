import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface SlowestFirst {
  readonly SECONDS: Readonly<Record<string, number>>;
}

const { SECONDS } = createRequire(import.meta.url)('../support/slowest-first.cjs') as SlowestFirst;

test.each(Object.keys(SECONDS))('%s, which starts early, is there', (path) => {
  expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
});
