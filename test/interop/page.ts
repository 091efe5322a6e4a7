import { ROWS } from './catalogue.ts';
import { ACTS } from './row.ts';
import type { Kind } from './row.ts';
import type { Result } from './result.ts';
import { cellsOf, headsOf, rowsOf, tableOf } from './table.ts';

export const KINDS = Object.keys(ACTS) as Kind[];

/** What stands on the page between the marks of a kind's table. */
export function tableOn(page: string, kind: Kind): string {
  const text = blockOf(kind).exec(page)?.[0];
  if (text === undefined) throw new Error(`the page has lost the marks of its table of ${kind}s`);
  return text;
}

/** The page with these results in the place of those that its tables had for the same rows; in the catalogue's order. */
export function pageWith(page: string, results: readonly Result[]): string {
  const played = new Map(results.map((result) => [result.row.name, cellsOf(result)]));
  return KINDS.reduce((text, kind) => {
    const known = rowsOf(tableOn(text, kind));
    const rows = ROWS.filter((row) => row.kind === kind).flatMap(({ name }) => {
      const cells = played.get(name) ?? known.get(name);
      return cells === undefined ? [] : [cells];
    });
    return text.replace(blockOf(kind), () => `\n${tableOf(headsOf(kind), rows)}\n\n`);
  }, page);
}

function blockOf(kind: Kind): RegExp {
  return new RegExp(`(?<=<!-- ${kind}s: npm run interop -->\\n)[\\s\\S]*?(?=<!-- /${kind}s -->)`);
}
