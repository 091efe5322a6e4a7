/** A chart of bars as SVG, light or dark as whoever looks at it likes: a panel a figure, a bar a contender. */
import { median, short } from './figures.mjs';

const WIDTH = 720;
const LABEL = 190;
const VALUE = 70;
const BAR = 16;
const GAP = 8;
const PANEL_HEAD = 34;
const MARGIN = 12;
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.paper { fill: #ffffff; }
.bar { fill: #8c959f; }
.ours { fill: #0969da; }
.spread { stroke: #24292f; stroke-width: 1; }
.goal { stroke: #cf222e; stroke-width: 3; }
.value { paint-order: stroke; stroke: #ffffff; stroke-width: 4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .paper { fill: #0d1117; }
  .bar { fill: #6e7681; }
  .ours { fill: #58a6ff; }
  .spread { stroke: #e6edf3; }
  .goal { stroke: #ff7b72; }
  .value { stroke: #0d1117; }
}`;

/**
 * @param title what is measured.
 * @param panels each `{ figure, bars: [{ name, values, isOurs, goal }] }`: the values are those of all rounds, the goal a value or undefined.
 */
export function chartOf(title, panels) {
  const heights = panels.map(({ bars }) => PANEL_HEAD + bars.length * (BAR + GAP));
  const height = 2 * MARGIN + heights.reduce((sum, one) => sum + one, 0);
  let top = MARGIN;
  const drawn = panels.map((panel, index) => {
    const text = panelOf(panel, top);
    top += heights[index];
    return text;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
${drawn.join('\n')}
</svg>
`;
}

function panelOf({ figure, bars }, top) {
  const most = Math.max(...bars.flatMap(({ values, goal }) => [...values, goal ?? 0]));
  const x = (value) => (LABEL + (value / most) * (WIDTH - LABEL - VALUE - MARGIN)).toFixed(1);
  const head = `<text class="title" x="${MARGIN}" y="${top + 18}">${escaped(figure)}</text>`;
  const rows = bars.map((bar, index) => barOf(bar, x, top + PANEL_HEAD + index * (BAR + GAP)));
  return [head, ...rows].join('\n');
}

function barOf({ name, values, isOurs, goal }, x, y) {
  const middle = median(values);
  const low = x(Math.min(...values));
  const high = x(Math.max(...values));
  const width = (Number(x(middle)) - LABEL).toFixed(1);
  const base = y + BAR - 4;
  const tick =
    goal === undefined
      ? ''
      : `<line class="goal" x1="${x(goal)}" x2="${x(goal)}" y1="${y - 3}" y2="${y + BAR + 3}"/>\n`;
  return `<text x="${LABEL - 8}" y="${base}" text-anchor="end">${escaped(name)}</text>
<rect class="${isOurs ? 'ours' : 'bar'}" x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/>
<line class="spread" x1="${low}" x2="${high}" y1="${y + BAR / 2}" y2="${y + BAR / 2}"/>
${tick}<text class="value" x="${behind(Number(high), goal === undefined ? 0 : Number(x(goal)))}" y="${base}">${short(middle)}</text>`;
}

/** Where a value begins: behind its bar, and behind the goal that it would else stand on. */
function behind(bar, goal) {
  return ((goal > bar && goal < bar + VALUE ? goal : bar) + 8).toFixed(1);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
