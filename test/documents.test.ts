import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './support/folder.ts';
import type { TemporaryFolder } from './support/folder.ts';

interface DeadLinks {
  readonly deadLinks: (root: string) => readonly string[];
}

interface ChaosSummary {
  readonly readTable: (markdown: string) => unknown;
  readonly summaryOf: (table: unknown) => string;
}

interface SecurityRows {
  readonly securityMistakes: (root: string) => readonly string[];
}

const script = async (name: string): Promise<unknown> =>
  await import(new URL(`../scripts/${name}`, import.meta.url).href);
const { deadLinks } = (await script('dead-links.mjs')) as DeadLinks;
const { securityMistakes } = (await script('security-rows.mjs')) as SecurityRows;
const { readTable, summaryOf } = (await script('chaos-summary.mjs')) as ChaosSummary;

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'docs'));
  await writeFile(join(folder.path, 'docs', 'other.md'), '# Other\n\n## The way, and back\n');
});

afterEach(async () => {
  await folder.remove();
});

test('a link that leads nowhere is named, and one in code is none', async () => {
  const good = '[a](docs/other.md) [b](docs/other.md#the-way-and-back) [c](#top) [d](https://example.com/x)';
  const code = '`[e](nowhere)`\n\n```sh\n[f](nowhere)\n```\n';
  const bad = '[g](docs/gone.md) [h](docs/other.md#gone) [i](#gone)';
  await writeFile(join(folder.path, 'README.md'), `# Top\n\n${good}\n\n${code}\n${bad}\n`);

  expect(deadLinks(folder.path)).toEqual([
    'README.md: the link to docs/gone.md leads nowhere',
    'README.md: the link to docs/other.md#gone leads nowhere',
    'README.md: the link to #gone leads nowhere',
  ]);
});

const HEADS =
  'scenario | sign-ins | lost | doubled | phantom | without outcome | disorder | not kept | s without writes | p99 ms';
const table = (...rows: readonly string[]): string =>
  ['# Table', '', `| ${HEADS} |`, '| --- |', ...rows.map((row) => `| ${row} |`), '', 'text'].join('\n');

test('of a chaos table the worst row is one that broke a promise, else the one that could not write for longest', () => {
  const quiet = 'quiet | 10 | 0 | 0 | 0 | 0 | 0 | 0 | 0.1 | 300';
  const silent = 'silent | 20 | 0 | 0 | 0 | 0 | 0 | 0 | 39.6 | 200';
  const losing = 'losing | 30 | 1 | 0 | 0 | 0 | 0 | 0 | 1.0 | 100';

  const kept = summaryOf(readTable(table(quiet, silent)));
  expect(kept).toContain('| worst: silent | 20 | 0 | 0 | 0 | 0 | 0 | 0 | 39.6 | 200 |');
  expect(kept).toContain('| all 2 scenarios | 30 | 0 | 0 | 0 | 0 | 0 | 0 | ≤ 39.6 | ≤ 300 |');
  expect(summaryOf(readTable(table(quiet, silent, losing)))).toContain('| worst: losing | 30 | 1 |');
  expect(() => readTable(table('failed | 0 | failed | 0 | 0 | 0 | 0 | 0 | 0 | 0'))).toThrow('has no figures');
});

test('a threat that nothing shows is named, and a test of an attack that no row names', async () => {
  const rows = ['a | x | `one`', '`b` | x | `one`, `gone`', '`c` | x | –', '`b` | x | `one`'];
  const heads = '| row | threat | shown by |\n| --- | --- | --- |';
  const other = '| word | means |\n| --- | --- |\n| `d` | `two` |';
  const text = [other, '', heads, ...rows.map((row) => `| ${row} |`), ''].join('\n');
  await writeFile(join(folder.path, 'docs', 'security.md'), text);
  await mkdir(join(folder.path, 'test', 'attack'), { recursive: true });
  for (const name of ['one', 'two']) await writeFile(join(folder.path, `test/attack/${name}.test.ts`), '');

  expect(securityMistakes(folder.path)).toEqual([
    'docs/security.md: c is shown by nothing',
    'docs/security.md: b stands there twice',
    'docs/security.md: there is no test/attack/gone.test.ts',
    'docs/security.md: no row is shown by test/attack/two.test.ts',
  ]);
});
