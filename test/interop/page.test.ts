import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ROWS } from './catalogue.ts';
import { KINDS, pageWith, tableOn } from './page.ts';
import { readRequest } from './request.ts';
import type { Result } from './result.ts';
import { slugOf } from './row.ts';
import { rowsOf } from './table.ts';

const page = readFileSync(new URL('../../docs/interop.md', import.meta.url), 'utf8');

describe('docs/interop.md', () => {
  test.each(KINDS)('has each %s of the catalogue, with an outcome', (kind) => {
    const rows = rowsOf(tableOn(page, kind));
    expect([...rows.keys()]).toEqual(ROWS.filter((row) => row.kind === kind).map(({ name }) => name));
    expect([...rows.values()].flat()).not.toContain('**no**');
  });

  test('keeps what was not played, and shows what failed', () => {
    const [row, other] = ROWS;
    const acts: Result['acts'] = new Map([
      ['signs in', undefined],
      ['denied', 'it was told nothing'],
    ]);
    const written = pageWith(page, [{ row: row!, version: '0.0.1', acts, seconds: 1 }]);
    const rows = rowsOf(tableOn(written, 'client'));
    expect(rows.get(row!.name)?.slice(0, 5)).toEqual([row!.name, '0.0.1', row!.source.from, 'yes', '**no**']);
    expect(rows.get(other!.name)).toEqual(rowsOf(tableOn(page, 'client')).get(other!.name));
  });
});

test('rows are chosen by name or by where they are from, and each lies in a folder of its own', () => {
  expect(readRequest([]).chosen).toBe(false);
  expect(readRequest(['--npm']).rows.every(({ source }) => source.from === 'npm')).toBe(true);
  expect(readRequest(['--smoke']).rows.map(({ source }) => source.from)).not.toContain('Debian');
  expect(readRequest(['--only', 'next-auth-4,@auth/core']).rows.map(({ name }) => name)).toEqual([
    'next-auth 4',
    '@auth/core',
  ]);
  expect(() => readRequest(['--only', 'nobody'])).toThrow('there is no row "nobody"');
  expect(new Set(ROWS.map(slugOf)).size).toBe(ROWS.length);
});
