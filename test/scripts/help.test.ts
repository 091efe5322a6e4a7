import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { startChild } from '../support/child.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What begins to work at once where nothing is said. */
const PLAYED = [
  'scripts/chaos.mjs',
  'scripts/fresh-clone.mjs',
  'scripts/fuzz.mjs',
  'scripts/model.mjs',
  'scripts/mutants.mjs',
  'scripts/photographer.mjs',
  'scripts/release.mjs',
  'scripts/supply-chain.mjs',
  'scripts/under-a-path.mjs',
  'bench/soak.mjs',
];
/** Parts of `npm run check`, and what npm or another command runs. */
const PARTS = /:|^(?:architecture|build|lint|prepack|start|supply-chain|test|types)$/;

test.each(PLAYED)('%s --help says what it is for, and plays nothing', async (script) => {
  const child = startChild(process.execPath, [resolve(ROOT, script), '--help']);
  expect(await child.exited).toMatchObject({ code: 0 });
  const { stdout, stderr } = child.output();
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^`npm run [a-z-]+(?: -- <\w+>)?`: /);
  expect(stdout).not.toMatch(/import |\*/);
});

test('CONTRIBUTING.md names every command of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const text = readFileSync(resolve(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const missing = Object.keys(scripts).filter(
    (name) => !PARTS.test(name) && !new RegExp(`npm run ${name}\\b`).test(text),
  );
  expect(missing).toEqual([]);
});
