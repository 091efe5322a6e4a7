import { ACTS } from './row.ts';
import type { Kind } from './row.ts';
import type { Result } from './result.ts';

const DEFAULTS = 'defaults';

/** The heads of a kind's table. */
export function headsOf(kind: Kind): readonly string[] {
  return [kind, 'version', 'from', ...ACTS[kind], 'what is set'];
}

/** A row as the cells of its kind's table. */
export function cellsOf({ row, version, acts, failure, missing }: Result): readonly string[] {
  const heads = [row.name, version ?? '–', row.source.from];
  const settings = row.settings === '' ? DEFAULTS : row.settings;
  if (missing !== undefined)
    return [...heads, ...ACTS[row.kind].map(() => 'not here'), `not to be had here: ${missing}`];
  const played = ACTS[row.kind].map((act) => {
    if (failure !== undefined) return '**no**';
    if (!acts.has(act)) return '–';
    return acts.get(act) === undefined ? 'yes' : (row.against?.[act] ?? '**no**');
  });
  return [...heads, ...played, settings];
}

/** A table of Markdown, with columns as wide as their widest cell. */
export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = lines;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(first), rule, ...others.map(line)].join('\n');
}

/** The cells of a Markdown table's rows, by what stands in the first column; without the heads. */
export function rowsOf(table: string): ReadonlyMap<string, readonly string[]> {
  const rows = table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  return new Map(rows.map((cells) => [cells[0] ?? '', cells]));
}
