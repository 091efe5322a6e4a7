import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/integrate.md');
const clientFiles = readdirSync(new URL('../../src/web/client', import.meta.url))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(`src/web/client/${name}`));

/** What stands in the first column of the table below this head. */
function documented(head: string): readonly string[] {
  const [, rows = ''] = new RegExp(`^\\| ${head} +\\|.*\\n\\| -.*\\n((?:\\|.*\\n)+)`, 'm').exec(page) ?? [];
  return rows
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    .toSorted();
}

/** What these expressions find in these texts, each once. */
function found(texts: readonly string[], ...expressions: readonly RegExp[]): readonly string[] {
  const names = texts.flatMap((text) =>
    expressions.flatMap((one) => [...text.matchAll(one)].map(([, name = '']) => name)),
  );
  return [...new Set(names)].toSorted();
}

const element = [read('src/web/client/scan-login.ts')];

test('every attribute of the element is documented, and none that it does not read', () => {
  const table = /const ATTRIBUTES = \{([^}]*)\}/.exec(element[0]!)?.[1] ?? '';
  const read = [...found([table], /'([^']+)'/g), ...found(element, /getAttribute\('([^']+)'\)/g)];
  expect(documented('attribute')).toEqual(read.toSorted());
});

test('every event of the element is documented, and none that it does not tell', () => {
  expect(documented('event')).toEqual(found(element, /dispatch\(this, '([^']+)'/g));
});

test('every CSS variable of the element is documented, and none that it does not use', () => {
  expect(documented('variable')).toEqual(
    found([read('src/web/client/scan-login.css')], /var\(\s*(--scangate-[a-z-]+)/g),
  );
});

test('every part of the element is documented, and none that it does not have', () => {
  const made = found(clientFiles, /addPart\(\w+, '\w+', '(\w+)'\)/g, /addButton\(\w+, '(\w+)'/g);
  expect(documented('part')).toEqual(made);
});
