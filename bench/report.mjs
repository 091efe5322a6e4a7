/** `bench/last-run.json` as documents tell of it, in tables and charts: `npm run docs` writes them. */
import { chartOf } from './chart.mjs';
import { median, short, spread } from './figures.mjs';

const PERCENT = 100;
/** Rows whose contenders are all the gateway's own. */
const OURS = new Set(['steps', 'start', 'memory', 'growth', 'told']);
const CHARTED = {
  held: ['KB'],
  delivery: ['p50 ms', 'p99 ms'],
  start: ['seconds'],
  memory: ['KB'],
};
const CHARTED_ELSE = ['ms of CPU'];

/** The part of `docs/speed.md` between its marks. */
export function reportOf(run) {
  return [headOf(run), ...run.rows.map(sectionOf)].join('\n\n');
}

/** The charts, by their path below the checkout. */
export function chartsOf(run) {
  return run.rows.filter(isMeasured).map((row) => [
    `docs/speed/${row.row}.svg`,
    chartOf(
      row.says,
      (CHARTED[row.row] ?? CHARTED_ELSE).map((figure) => panelOf(row, figure)),
    ),
  ]);
}

function isMeasured({ failed }) {
  return failed === undefined;
}

function headOf({ on, node, processor, rounds, seconds, browsers, live, rows, note }) {
  const noisy = rows.reduce((sum, row) => sum + row.noisyRounds, 0);
  const all = rows.reduce((sum, row) => sum + Object.values(row.rounds).flat().length, 0);
  return `One run on ${on}: Node ${node}, ${processor}, ${rounds} rounds of ${seconds} s, ${browsers} browsers, ${live} live tickets. In ${noisy} of ${all} rounds others used more than 5 % of the machine: ${
    noisy > all / 10
      ? 'take the ratios of CPU and of memory; rates and delays only tell that nothing stood still.'
      : 'it was quiet.'
  } In a chart, a red mark is the goal, a thin line the spread of the rounds.${note === undefined ? '' : ` ${note}`}`;
}

function sectionOf(row) {
  if (!isMeasured(row)) return `### ${row.row}\n\n${row.says}.\n\nIt failed in this run: ${row.failed}`;
  const figures = [...new Set(Object.values(row.rounds).flatMap(([first]) => Object.keys(first)))];
  const head = `| | ${figures.join(' | ')} |\n| --- |${' ---: |'.repeat(figures.length)}`;
  const lines = Object.entries(row.rounds).map(
    ([name, of]) => `| ${name} | ${figures.map((figure) => cellOf(of, figure)).join(' | ')} |`,
  );
  const goals = row.goals.map((goal) => goalLine(goal, row.rounds)).filter((line) => line !== undefined);
  const list = goals.length === 0 ? '' : `\n\n${goals.join('\n')}`;
  return `### ${row.row}\n\n${row.says}.\n\n![${row.row}](speed/${row.row}.svg)\n\n${[head, ...lines].join('\n')}${list}`;
}

function cellOf(of, figure) {
  const values = of.map((result) => result[figure]);
  if (values[0] === undefined) return '';
  if (values.length === 1) return short(values[0]);
  return `${short(median(values))} ±${(PERCENT * spread(values)).toFixed(0)} %`;
}

function goalLine(goal, rounds) {
  const value = valueOf(goal, rounds);
  if (value === undefined) return undefined;
  const { of, beside, figure, least, most } = goal;
  const isReached = least === undefined ? value <= most : value >= least;
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`;
  const what = beside === undefined ? of : `${of} / ${beside}`;
  return `- ${what}, ${figure}: **${short(value)}**; the goal, ${bound}, is ${isReached ? 'reached' : 'missed'}.`;
}

/** A figure, or its ratio to that of another in the same round; the middle of all rounds. */
export function valueOf({ of, beside, figure }, rounds) {
  if (rounds[of] === undefined || (beside !== undefined && rounds[beside] === undefined)) return undefined;
  return median(
    rounds[of].map((result, round) =>
      beside === undefined ? result[figure] : result[figure] / rounds[beside][round][figure],
    ),
  );
}

function panelOf({ row, rounds, goals }, figure) {
  const bars = Object.entries(rounds).map(([name, of]) => ({
    name,
    values: of.map((result) => result[figure]),
    isOurs: OURS.has(row) || name.startsWith('gateway'),
    goal: strictest(goals, rounds, name, figure),
  }));
  return { figure, bars };
}

/** The lowest bound that goals set to a contender's figure, where they set one. */
function strictest(goals, rounds, name, figure) {
  const bounds = goals
    .filter((goal) => goal.of === name && goal.figure === figure && goal.most !== undefined)
    .map(({ beside, most }) =>
      beside === undefined ? most : most * median((rounds[beside] ?? []).map((result) => result[figure])),
    )
    .filter((bound) => bound > 0);
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}
