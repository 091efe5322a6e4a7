import type { Row } from './verdict.ts';

const HEADS: Readonly<Record<Exclude<keyof Row, 'act'>, string>> = {
  sign_ins: 'sign-ins',
  acknowledged: 'acknowledged',
  lost: 'lost',
  doubled: 'doubled',
  told_wrongly: 'told wrongly',
  unfinished: 'unfinished',
  pause_s: 'longest pause',
};

/** The rows as a table for a terminal. */
export function rowsText(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ act }) => act.length));
  const names = Object.keys(HEADS) as (keyof typeof HEADS)[];
  const head = names.map((name) => HEADS[name]).join('   ');
  const lines = rows.map((row) => {
    const cells = names.map((name) => {
      const text = name === 'pause_s' ? `${row[name].toFixed(1)} s` : String(row[name]);
      return text.padStart(HEADS[name].length);
    });
    return `${row.act.padEnd(width)}   ${cells.join('   ')}`;
  });
  return `${[`${' '.repeat(width)}   ${head}`, ...lines].join('\n')}\n`;
}
