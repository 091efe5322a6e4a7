import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Lock {
  readonly packages: Record<string, object>;
}

let folder: TemporaryFolder;
let lock: Lock;
beforeAll(async () => {
  folder = await temporaryFolder();
  lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
});
afterAll(() => folder.remove());

/** What is said of a lock file with this one package more. */
async function faults(name: string, more: object): Promise<readonly string[]> {
  const file = join(folder.path, 'package-lock.json');
  const added = { integrity: 'sha512-x', license: 'MIT', ...more };
  const packages = { ...lock.packages, [`node_modules/a/node_modules/${name}`]: added };
  await writeFile(file, JSON.stringify({ ...lock, packages }));
  return await new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'scripts/supply-chain.mjs'), file], (error, _out, said) => {
      const lines = said.split('\n').filter((line) => line !== '');
      expect(error === null).toBe(lines.length === 0);
      resolve(lines);
    });
  });
}

test.each([
  ['left', {}, []],
  ['left', { license: '(GPL-3.0 OR MIT)' }, []],
  ['left', { license: 'Apache-2.0 AND MIT' }, []],
  ['left', { license: 'MPL-2.0', dev: true }, []],
  ['left', { license: 'MPL-2.0' }, ['left has the licence MPL-2.0']],
  ['left', { license: 'GPL-3.0 AND MIT' }, ['left has the licence GPL-3.0 AND MIT']],
  ['left', { license: undefined }, ['left has the licence of nobody']],
  ['left', { hasInstallScript: true }, ['left runs a script when installed']],
  ['left', { integrity: undefined }, ['left has no integrity']],
  ['left', { resolved: 'https://registry.npmjs.org/left/-/left-1.tgz' }, []],
  ['left', { resolved: 'https://evil.example/left.tgz' }, ['left comes from https://evil.example/left.tgz']],
  ['@scarf/scarf', {}, ['@scarf/scarf tells others who installs it']],
])('a lock file with %s %j', async (name, more, expected) => {
  expect(await faults(name, more)).toEqual(expected);
});
