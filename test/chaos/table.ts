import type { Row } from './stage.ts';
import { COLUMNS } from './verdict.ts';

const HEADS = [
  'scenario',
  'sign-ins',
  'acknowledged',
  ...COLUMNS,
  'not kept',
  'resets',
  's without writes',
  'p99 ms',
];

/** The rows as a table of Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.title,
    ...(row.failure === undefined && row.skipped === undefined
      ? [
          row.signIns,
          row.acknowledged,
          ...COLUMNS.map((column) => row.broken[column]),
          row.late.length + row.unkept.length,
          row.resets,
          row.withoutWritesS.toFixed(1),
          Math.round(row.p99Ms),
        ].map(String)
      : HEADS.slice(1).map(() => (row.failure === undefined ? 'skipped' : 'failed'))),
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]!.length)),
  );
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(HEADS), rule, ...cells.map(line)].join('\n');
}

/** One line for one row, while the run goes on. */
export function lineOf(row: Row): string {
  if (row.skipped !== undefined) return `${row.name}: skipped: ${row.skipped}`;
  if (row.failure !== undefined) return `${row.name}: FAILED: ${row.failure}`;
  const broken = COLUMNS.map((column) => `${column} ${row.broken[column]}`).join(', ');
  const notes = Object.entries(row.notes).map(([name, value]) => `, ${name} ${value}`);
  const endings = Object.entries(row.endings).map(([how, count]) => `${how} ${count}`);
  return (
    `${row.name}: ${row.signIns} sign-ins, ${row.acknowledged} acknowledged; ${broken}; resets ${row.resets}, ` +
    `${row.withoutWritesS.toFixed(1)} s without writes, p99 ${Math.round(row.p99Ms)} ms${notes.join('')} ` +
    `(${row.seconds} s; ${endings.join(', ')})`
  );
}
