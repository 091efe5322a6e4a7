import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './support/folder.ts';
import type { TemporaryFolder } from './support/folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 70;

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
  for (const config of ['.oxlintrc.json', 'src/web/.oxlintrc.json'])
    cpSync(join(root, config), join(folder.path, config));
});

afterEach(async () => {
  await folder.remove();
});

function write(path: string, lines: number): void {
  const file = join(folder.path, path);
  mkdirSync(dirname(file), { recursive: true });
  const body = '  sum += 1;\n'.repeat(lines - 4);
  writeFileSync(file, `export function sumUp(): number {\n  let sum = 0;\n${body}  return sum;\n}\n`);
}

test.each(['src/ticket/sum.ts', 'src/store/redis/events/sum.ts', 'src/web/client/sum.ts'])(
  `a function of more than ${LINES_MAX} lines in %s is found`,
  (path) => {
    write(path, LINES_MAX);
    expect(lint()).toEqual({ status: 0, names: false });
    write(path, LINES_MAX + 1);
    expect(lint()).toEqual({ status: 1, names: true });
  },
);

/** What oxlint says of the folder: its status, and whether it names the rule. */
function lint(): { status: number | null; names: boolean } {
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), {
    cwd: folder.path,
    encoding: 'utf8',
  });
  return { status, names: stdout.includes('max-lines-per-function') };
}
