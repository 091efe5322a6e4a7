/**
 * `npm run bench`: the gateway beside everything else a user could pick, in one run, so that the ratios hold on any machine.
 *
 *     npm run bench                          all rows, five rounds of 4 s each, in turn
 *     npm run bench -- --only mint,sign-in   these rows
 *     npm run bench -- --only delivery --contenders gateway,bare
 *     npm run bench -- --rounds 3 --seconds 2
 *     npm run bench -- --browsers 2000       so many wait, in the rows where browsers wait
 *     npm run bench -- --live 100000         so many tickets are alive, in the rows start and growth
 *     npm run bench -- --json FILE           the figures of every round, too
 *     npm run bench -- --charts              keeps the run, and writes the figures of docs/speed.md and docs/scale.md of it
 *     npm run bench -- --list                the rows and what they measure
 *
 * Servers run on the first core, Redis and the load on the others. A round while which others used more than 5 % of the
 * machine is told: the figures of such a run are worth little. A row that fails is tried once more; where it fails again the
 * others go on, the run says so, and ends with 1.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { median, short, spread, table } from './figures.mjs';
import { delivery } from './rows/delivery.mjs';
import { growth } from './rows/growth.mjs';
import { held } from './rows/held.mjs';
import { memory } from './rows/memory.mjs';
import { mint } from './rows/mint.mjs';
import { opening } from './rows/opening.mjs';
import { installPeers } from './peers.mjs';
import { device, signIn } from './rows/sign-in.mjs';
import { start } from './rows/start.mjs';
import { steps } from './rows/steps.mjs';
import { told } from './rows/told.mjs';
import { valueOf } from './report.mjs';
import { leaveServerCore, noiseOf, openStage } from './stage.mjs';

const ROWS = [mint, signIn, steps, device, held, opening, delivery, start, memory, growth, told];
const LAST_RUN = 'bench/last-run.json';
const NOISY = 0.05;
const WARM_UP_SECONDS = 5;
const WARM_UP_SECONDS_MAX = 60;

const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    contenders: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    browsers: { type: 'string', default: '10000' },
    charts: { type: 'boolean' },
    live: { type: 'string', default: '1000000' },
    json: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const rows = chosen(given.only);
const rounds = numberOf('rounds');
const seconds = numberOf('seconds');
const browsers = numberOf('browsers', 20_000);
const live = numberOf('live', 2_000_000);

if (given.charts === true && (given.only ?? given.contenders) !== undefined)
  giveUp('--charts is of a whole run: without --only and --contenders');

if (given.list || given.help) {
  for (const row of ROWS) console.log(`${row.name.padEnd(12)} ${saysOf(row)}`);
} else {
  if (rows.some(({ needsPeers }) => needsPeers)) installPeers();
  await leaveServerCore();
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model ?? 'a processor'}, ${rounds} rounds of ${seconds} s`,
  );
  const results = [];
  for (const row of rows) results.push(await measured(row));
  const run = {
    on: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: cpus()[0]?.model ?? 'a processor',
    rounds,
    seconds,
    browsers,
    live,
    rows: results,
  };
  const files = [given.json, given.charts === true ? LAST_RUN : undefined];
  for (const file of files.filter((one) => one !== undefined))
    await writeFile(file, `${JSON.stringify(run, null, 2)}\n`);
  if (given.charts === true) spawnSync('npm', ['run', '--silent', 'docs'], { stdio: 'inherit' });
  const failed = results.filter((result) => result.failed !== undefined);
  for (const { row, failed: why } of failed) console.error(`${row} failed: ${why}`);
  if (failed.length > 0) process.exitCode = 1;
}

function saysOf({ says }) {
  return typeof says === 'string' ? says : says({ browsers, live });
}

async function measured(row) {
  const begun = performance.now();
  try {
    return await measure(row).catch((error) => {
      console.error(`${row.name} failed and is tried once more: ${error.stack}`);
      return measure(row);
    });
  } catch (error) {
    return { row: row.name, says: saysOf(row), failed: error.message, goals: [], rounds: {}, noisyRounds: 0 };
  } finally {
    process.stderr.write(`${row.name} took ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
  }
}

/**
 * Each contender once in each round, one after the other, so that what changes on the machine meets all of them. A row that
 * `isStill` measures what no noise changes, each in a process of its own: once, and nothing is warmed up.
 */
async function measure(row) {
  const stage = await openStage();
  let scene;
  try {
    scene = await row.open(stage, browsers, live);
    const names = namesOf(row);
    if (row.isStill !== true) for (const name of names) await warmUp(row, name, scene);
    const found = Object.fromEntries(names.map((name) => [name, []]));
    const times = row.isStill === true ? 1 : rounds;
    let noisy = 0;
    for (let round = 0; round < times; round += 1) {
      for (const name of names) {
        const { result, noise } = await noiseOf(childrenOf(scene), () =>
          row.contenders[name](scene, seconds),
        );
        found[name].push(result);
        if (noise > NOISY && row.isStill !== true) noisy += 1;
      }
      process.stderr.write(`${row.name}: round ${round + 1} of ${times}\n`);
    }
    show(row, found, noisy);
    return { row: row.name, says: saysOf(row), goals: row.goals, rounds: found, noisyRounds: noisy };
  } finally {
    if (scene !== undefined) await row.close?.(scene);
    await stage.close();
  }
}

/** Until a server's code is compiled, which is a matter of how often it ran: on a busy machine that takes longer. */
async function warmUp(row, name, scene) {
  let steps = 0;
  let seconds = 0;
  do {
    const result = await row.contenders[name](scene, WARM_UP_SECONDS);
    steps += result['a second'] * WARM_UP_SECONDS;
    seconds += WARM_UP_SECONDS;
  } while (steps < row.warmUpSteps && seconds < WARM_UP_SECONDS_MAX);
}

function childrenOf(scene) {
  return Object.values(scene)
    .flat()
    .flatMap(({ child }) => child ?? []);
}

function show(row, found, noisy) {
  const figures = [...new Set(Object.values(found).flatMap(([first]) => Object.keys(first)))];
  const cell = (of, figure) => {
    const values = of.map((result) => result[figure]);
    return values[0] === undefined ? '–' : `${short(median(values))} ±${(100 * spread(values)).toFixed(0)} %`;
  };
  const lines = Object.entries(found).map(([name, of]) => [
    name,
    ...figures.map((figure) => cell(of, figure)),
  ]);
  console.log(`\n${row.name}: ${saysOf(row)}\n${table(['', ...figures], lines)}`);
  for (const goal of row.goals)
    if (goal.of in found && (goal.beside ?? goal.of) in found) console.log(heldAgainst(goal, found));
  if (noisy > 0) console.log(`${noisy} noisy rounds: others used more than ${100 * NOISY} % of the machine`);
}

/** A goal is a figure's own, or its ratio to another's: `most`, or `least`. */
function heldAgainst(goal, found) {
  const { of, beside, figure, least, most } = goal;
  const what = beside === undefined ? of : `${of} / ${beside}`;
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`;
  return `${what}, ${figure}: ${short(valueOf(goal, found))} (goal: ${bound})`;
}

function chosen(only) {
  if (only === undefined) return ROWS;
  return only.split(',').map((name) => {
    const row = ROWS.find((one) => one.name === name);
    if (row === undefined) giveUp(`no row ${name}: ${ROWS.map((one) => one.name).join(', ')}`);
    return row;
  });
}

/** Those of a row that were asked for; all, unless some were. */
function namesOf({ name, contenders }) {
  const names = Object.keys(contenders).filter(
    (one) => given.contenders === undefined || given.contenders.split(',').includes(one),
  );
  if (names.length === 0) giveUp(`${name} has no such contender: ${Object.keys(contenders).join(', ')}`);
  return names;
}

function numberOf(name, most = 1000) {
  const value = Number(given[name]);
  if (!(value > 0 && value <= most)) giveUp(`--${name} is a number from 1 to ${most}`);
  return value;
}

function giveUp(why) {
  console.error(why);
  process.exit(2);
}
