/**
 * `npm run bench`: the gateway beside everything else a user could pick, in one run, so that the ratios hold on any machine.
 *
 *     npm run bench                          all rows, five rounds of 4 s each, in turn
 *     npm run bench -- --only mint,sign-in   these rows
 *     npm run bench -- --rounds 3 --seconds 2
 *     npm run bench -- --json FILE           the figures of every round, too
 *     npm run bench -- --list                the rows and what they measure
 *
 * Servers run on the first core, Redis and the load on the others. A round while which others used more than 5 % of the
 * machine is told: the figures of such a run are worth little.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { median, short, spread, table } from './figures.mjs';
import { mint } from './rows/mint.mjs';
import { installPeers } from './peers.mjs';
import { device, signIn } from './rows/sign-in.mjs';
import { leaveServerCore, noiseOf, openStage } from './stage.mjs';

const ROWS = [mint, signIn, device];
const NOISY = 0.05;
/** Until a server's code is compiled. */
const WARM_UP_SECONDS = 5;

const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const rows = chosen(given.only);
const rounds = numberOf('rounds');
const seconds = numberOf('seconds');

if (given.list || given.help) {
  for (const { name, says } of ROWS) console.log(`${name.padEnd(12)} ${says}`);
} else {
  if (rows.some(({ needsPeers }) => needsPeers)) installPeers();
  await leaveServerCore();
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model ?? 'a processor'}, ${rounds} rounds of ${seconds} s`,
  );
  const results = [];
  for (const row of rows) results.push(await measure(row));
  if (given.json !== undefined) await writeFile(given.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** Each contender once in each round, one after the other, so that what changes on the machine meets all of them. */
async function measure(row) {
  const stage = await openStage();
  try {
    const scene = await row.open(stage);
    const names = Object.keys(row.contenders);
    for (const name of names) await row.contenders[name](scene, WARM_UP_SECONDS);
    const found = Object.fromEntries(names.map((name) => [name, []]));
    let noisy = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) {
        const { result, noise } = await noiseOf(childrenOf(scene), () =>
          row.contenders[name](scene, seconds),
        );
        found[name].push(result);
        if (noise > NOISY) noisy += 1;
      }
      process.stderr.write(`${row.name}: round ${round + 1} of ${rounds}\n`);
    }
    show(row, found, noisy);
    return { row: row.name, says: row.says, rounds: found, noisyRounds: noisy };
  } finally {
    await stage.close();
  }
}

function childrenOf(scene) {
  return Object.values(scene).map(({ child }) => child);
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
  console.log(`\n${row.name}: ${row.says}\n${table(['', ...figures], lines)}`);
  for (const { of, beside, figure, least } of row.goals) {
    const ratios = found[of].map((result, round) => result[figure] / found[beside][round][figure]);
    console.log(`${of} / ${beside}, ${figure}: ${short(median(ratios))} (goal: at least ${least})`);
  }
  if (noisy > 0) console.log(`${noisy} noisy rounds: others used more than ${100 * NOISY} % of the machine`);
}

function chosen(only) {
  if (only === undefined) return ROWS;
  return only.split(',').map((name) => {
    const row = ROWS.find((one) => one.name === name);
    if (row === undefined) giveUp(`no row ${name}: ${ROWS.map((one) => one.name).join(', ')}`);
    return row;
  });
}

function numberOf(name) {
  const value = Number(given[name]);
  if (!(value > 0 && value <= 1000)) giveUp(`--${name} is a number from 1 to 1000`);
  return value;
}

function giveUp(why) {
  console.error(why);
  process.exit(2);
}
