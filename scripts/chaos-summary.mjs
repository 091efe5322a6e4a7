/** The table of `docs/chaos.md` in two rows: its worst, and all of it. */

/** Columns that count what must not happen, the most serious first; then how long nothing could be written. */
const BROKEN = ['lost', 'doubled', 'phantom', 'without outcome', 'disorder', 'not kept'];
const LONGEST = ['s without writes', 'p99 ms'];

/** The rows under the header that begins with `scenario`. @throws Error where there is no such table, or a row has no figures. */
export function readTable(markdown) {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^\|\s*scenario\s*\|/.test(line));
  if (start < 0) throw new Error('docs/chaos.md has no table whose first column is "scenario"');
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  const cells = (line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const heads = cells(lines[start]);
  const rows = lines.slice(start + 2, end < 0 ? undefined : end).map((line) => {
    const [scenario, ...figures] = cells(line);
    if (figures.some((figure) => !/^[\d.]+$/.test(figure)))
      throw new Error(`docs/chaos.md: "${scenario}" has no figures`);
    return { scenario, figures: Object.fromEntries(figures.map((figure, i) => [heads[i + 1], figure])) };
  });
  return { heads, rows };
}

/** The worst row is the one with the most broken promises, and of equals the one with the longest time without writes. */
export function summaryOf({ heads, rows }) {
  const broken = ({ figures }) => BROKEN.reduce((sum, head) => sum + Number(figures[head]), 0);
  const silent = ({ figures }) => Number(figures['s without writes']);
  const worst = rows.toSorted((a, b) => broken(b) - broken(a) || silent(b) - silent(a))[0];
  const total = heads.slice(1).map((head) => {
    const values = rows.map(({ figures }) => Number(figures[head]));
    if (LONGEST.includes(head))
      return `≤ ${rows.map(({ figures }) => figures[head]).toSorted((a, b) => b - a)[0]}`;
    return String(values.reduce((sum, value) => sum + value, 0));
  });
  const line = (texts) => `| ${texts.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map((_, index) => (index === 0 ? '---' : '---:'))),
    line([`worst: ${worst.scenario}`, ...heads.slice(1).map((head) => worst.figures[head])]),
    line([`all ${rows.length} scenarios`, ...total]),
  ].join('\n');
}
