import type { Counts, Row, Tally } from './tally.ts';

/** What was sent to each operation, by what was done to it, and what was answered. */
export function malformedTable({ malformed }: Tally, done: readonly string[]): readonly string[] {
  const rows = sorted(malformed);
  if (rows.length === 0) return [];
  const all: Counts = new Map();
  for (const [, row] of rows)
    for (const [name, times] of row.done) all.set(name, (all.get(name) ?? 0) + times);
  const numbers = (counts: Counts): readonly string[] => done.map((name) => String(counts.get(name) ?? '·'));
  return aligned([
    ['malformed', 'sent', ...done, 'answers'],
    ...rows.map(([name, row]) => [name, String(row.sent), ...numbers(row.done), answersOf(row)]),
    ['all', String(sum(rows)), ...numbers(all), ''],
  ]);
}

/** How often each thing was wrong in the midst of a sign-in, and what was answered. */
export function wrongTable({ wrong }: Tally): readonly string[] {
  const rows = sorted(wrong);
  if (rows.length === 0) return [];
  return aligned([
    ['wrong in a sign-in', 'sent', 'answers'],
    ...rows.map(([name, row]) => [name, String(row.sent), answersOf(row)]),
    ['all', String(sum(rows)), ''],
  ]);
}

const sorted = (rows: ReadonlyMap<string, Row>): readonly (readonly [string, Row])[] =>
  [...rows].toSorted(([one], [other]) => one.localeCompare(other));
const sum = (rows: readonly (readonly [string, Row])[]): number =>
  rows.reduce((all, [, { sent }]) => all + sent, 0);

/** `400 × 7, 404 × 1` */
export function timesOf(counts: Counts): string {
  return [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, times]) => `${name} × ${times}`)
    .join(', ');
}

const answersOf = ({ answers }: Row): string => timesOf(answers);

/** The first column and the last to the left, the numbers between them to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const last = (rows[0]?.length ?? 1) - 1;
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (column === last) return cell;
        return column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
}
