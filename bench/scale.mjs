/** What `docs/scale.md` computes of `bench/last-run.json`: what each part costs, and how many of each a load takes. */
import { counted, median, short } from './figures.mjs';

const SPARE = 0.5;
const LOADS = [100, 1000, 10_000, 100_000];
/** How long a ticket and its events are kept at most by default: its longest life, its history, and what the log is kept beyond. */
const KEPT_SECONDS = 900;
const WHOLE = 'redeemed, with its session';
const CROWD = 10_000;
const MB = 1000;

/** The parts of `docs/scale.md` between its marks, by the name of the mark. */
export function scaleOf(run) {
  const figure = figureOf(run);
  return { costs: costsOf(run, figure), consequences: consequencesOf(figure), sizes: sizesOf(figure) };
}

function figureOf({ rows }) {
  return (row, contender, name) => {
    const rounds = rows.find((one) => one.row === row)?.rounds[contender];
    return rounds === undefined ? undefined : median(rounds.map((result) => result[name]));
  };
}

function costsOf({ on, rounds, seconds, note }, figure) {
  const cpu = (row, of) => `${short(figure(row, of, 'ms of CPU'))} ms of CPU`;
  const steps = ['mint', 'watch', 'scan', 'confirm', 'redeem']
    .map((step) => [step, figure('steps', step, 'ms of CPU')])
    .filter(([, value]) => value !== undefined)
    .map(([step, value]) => `${step} ${short(value)}`);
  const kb = (row, of) => `${short(figure(row, of, 'KB'))} KB`;
  const lines = [
    ['a sign-in, in a gateway', cpu('sign-in', 'gateway'), 'sign-in'],
    ...(steps.length === 0 ? [] : [['of it, each step played alone', `${steps.join(', ')} ms`, 'steps']]),
    ['a sign-in by the device flow, in a gateway', cpu('device', 'gateway'), 'device'],
    ['a sign-in, in Redis', `${short(figure('sign-in', 'gateway', 'ms of Redis'))} ms of CPU`, 'sign-in'],
    ['a browser that waits by SSE, in a gateway', kb('held', 'gateway SSE'), 'held'],
    ['the same by long-poll', kb('held', 'gateway long-poll'), 'held'],
    ['the same by WebSocket', kb('held', 'gateway WebSocket'), 'held'],
    ['a stream that opens, in a gateway', cpu('opening', 'gateway'), 'opening'],
    ...['waiting', 'scanned', 'confirmed', WHOLE]
      .filter((state) => figure('memory', state, 'KB') !== undefined)
      .map((state) => [`a ticket that is ${state}, in Redis`, kb('memory', state), 'memory']),
  ].map(([part, costs, row]) => `| ${part} | ${costs} | [${row}](speed.md#${row}) |`);
  const said = note === undefined ? '' : ` ${note}`;
  return `By the run of ${on}, ${rounds} rounds of ${seconds} s; each figure's row stands in [speed.md](speed.md).${said}

| part | costs | row |
| --- | ---: | --- |
${lines.join('\n')}`;
}

function consequencesOf(figure) {
  const crowd = (way) => `${short((figure('held', `gateway ${way}`, 'KB') * CROWD) / MB)} MB by ${way}`;
  const opening = (figure('opening', 'gateway', 'ms of CPU') * CROWD) / 1000;
  const redis = figure('sign-in', 'gateway', 'ms of Redis');
  const kept = 100 * KEPT_SECONDS;
  const whole = figure('memory', WHOLE, 'KB');
  const ticket = whole ?? figure('memory', 'confirmed', 'KB');
  return `- A process signs in some ${short(figure('sign-in', 'gateway', 'a second'))} people a second at full load. Plan with half of that.
- ${counted(CROWD)} browsers that wait take ${crowd('SSE')}, ${crowd('long-poll')}, ${crowd('WebSocket')}.
- ${counted(CROWD)} streams that come from a node that went away take ${short(opening)} s of one core.
- One Redis uses one core: at ${short(redis)} ms a sign-in it is full at ${short(1000 / redis)} a second. Plan with half of that.
- With 100 sign-ins a second, ${KEPT_SECONDS / 60} minutes of tickets are ${counted(kept)}, or ${short((kept * ticket) / MB)} MB of Redis${whole === undefined ? '' : ', with their sessions'}.`;
}

function sizesOf(figure) {
  const cores = (name) => figure('sign-in', 'gateway', name) / 1000 / SPARE;
  const lines = LOADS.map((load) => {
    const gateways = Math.ceil(load * cores('ms of CPU')) + 1;
    const masters = Math.ceil(load * cores('ms of Redis'));
    return `| ${counted(load)} | ${counted(gateways)} | ${counted(masters)} |`;
  });
  return `| sign-ins a second | gateways (processes) | masters of Redis |
| ---: | ---: | ---: |
${lines.join('\n')}`;
}
