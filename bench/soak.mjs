/**
 * `npm run soak`: whole sign-ins at half of full load, a hundredth of them with a fault, and whether the gateway's memory,
 * descriptors and latency stay flat.
 *
 *     npm run soak                     30 minutes
 *     npm run soak -- --minutes 2      a try: too short for a verdict
 *     npm run soak -- --a-second 50    so many sign-ins, instead of half of what is measured first
 *     npm run soak -- --json FILE      all samples
 *
 * It ends with 1 where a figure grows, or a sign-in without a fault fails.
 */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { helpWhereAsked } from '../scripts/help.mjs';
import { percentile, short, table } from './figures.mjs';
import { closedLoop, nowMs, openLoop } from './load.mjs';
import { personAt } from './person.mjs';
import { growthOf, lineThrough } from './slope.mjs';
import { FAULTS } from './soak-faults.mjs';
import { leaveServerCore, openStage, rssKb } from './stage.mjs';

helpWhereAsked(import.meta.url);

const SAMPLE_MS_MAX = 5000;
/** A short run has at least so many samples. */
const SAMPLES_MIN = 10;
/** Who was idle for longer comes anew: a server closes such connections. */
const IDLE_MS_MAX = 1000;
const FULL_LOAD = { workers: 32, seconds: 20 };
const FAULT_EVERY = 100;
/** A figure is flat while its line grows by no more than this over what is judged. */
const FLAT = { 'RSS MB': 0.1, descriptors: 0.1, 'p50 ms': 0.25, 'p99 ms': 0.5 };
/** Not judged: what is compiled and filled at first. */
const LEFT_OUT = 0.25;
const JUDGED_MIN_MINUTES = 5;
const MINUTES_MAX = 1440;

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'a-second': { type: 'string' },
    json: { type: 'string' },
  },
});
const minutes = Number(given.minutes);
if (!(minutes > 0 && minutes <= MINUTES_MAX)) {
  console.error(`soak: --minutes is a number above 0, up to ${MINUTES_MAX}`);
  process.exit(2);
}

await leaveServerCore();
const stage = await openStage();
try {
  const redis = await stage.redis();
  const { child, port } = await stage.gateway({ store: redis.url, env: { SCANGATE_LOG_LEVEL: 'info' } });
  const perSecond = Number(given['a-second'] ?? (await fullLoad(port)) / 2);
  console.log(
    `${short(perSecond)} sign-ins a second for ${minutes} minutes, one of ${FAULT_EVERY} with a fault`,
  );
  const { samples, failed, faulty } = await soak(port, child, perSecond);
  if (given.json !== undefined) await writeFile(given.json, `${JSON.stringify(samples, null, 2)}\n`);
  judge(samples, failed, faulty);
} finally {
  await stage.close();
}

async function fullLoad(port) {
  const people = Array.from({ length: FULL_LOAD.workers }, () => personAt(port));
  const { perSecond } = await closedLoop({ ...FULL_LOAD, work: (index) => people[index].signIn() });
  for (const { close } of people) close();
  return perSecond;
}

async function soak(port, child, perSecond) {
  const free = [];
  const took = [];
  const samples = [];
  const failed = [];
  const faults = Object.entries(FAULTS);
  let faulty = 0;

  async function signIn() {
    const begun = nowMs();
    while (free.length > 0 && begun - free[0].at > IDLE_MS_MAX) free.shift().person.close();
    const person = free.pop()?.person ?? personAt(port);
    try {
      await person.signIn();
      took.push(nowMs() - begun);
      free.push({ person, at: nowMs() });
    } catch (error) {
      person.close();
      failed.push(error.message);
    }
  }

  async function fault() {
    const [name, act] = faults[faulty % faults.length];
    faulty += 1;
    await act(port).catch((error) => failed.push(`${name}: ${error.message}`));
  }

  const begun = nowMs();
  const sampling = setInterval(
    () => {
      const sorted = took.splice(0).sort((one, other) => one - other);
      if (sorted.length === 0) return;
      samples.push({
        minute: (nowMs() - begun) / 60_000,
        'RSS MB': rssKb(child) / 1000,
        descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
        'p50 ms': percentile(sorted, 0.5),
        'p99 ms': percentile(sorted, 0.99),
      });
    },
    Math.min(SAMPLE_MS_MAX, (minutes * 60_000) / SAMPLES_MIN),
  );
  await openLoop({
    perSecond,
    count: Math.round(perSecond * minutes * 60),
    work: (number) => (number % FAULT_EVERY === FAULT_EVERY - 1 ? fault() : signIn()),
  });
  clearInterval(sampling);
  for (const { person } of free) person.close();
  return { samples, failed, faulty };
}

function judge(all, failed, faulty) {
  const samples = all.filter(({ minute }) => minute >= minutes * LEFT_OUT);
  if (samples.length < 2) {
    console.log('too short: fewer than two samples to judge');
    process.exitCode = 1;
    return;
  }
  const judgedMinutes = minutes * (1 - LEFT_OUT);
  const isShort = judgedMinutes < JUDGED_MIN_MINUTES;
  let flat = true;
  const rows = Object.entries(FLAT).map(([figure, most]) => {
    const line = lineThrough(samples.map((sample) => [sample.minute, sample[figure]]));
    const growth = growthOf(line);
    if (growth > most) flat = false;
    const verdict = growth > most ? 'grows' : 'flat';
    return [
      figure,
      short(line.from),
      short(line.to),
      `${(100 * growth).toFixed(1)} %`,
      `${100 * most} %`,
      verdict,
    ];
  });
  console.log(table(['', 'from', 'to', 'grew by', 'at most', ''], rows));
  console.log(
    `${faulty} faults; ${failed.length} failures of what had none${failed.length > 0 ? `, such as: ${failed[0]}` : ''}`,
  );
  const verdict = flat ? 'flat' : 'not flat';
  console.log(
    `${verdict} over the last ${short(judgedMinutes)} minutes${isShort ? `, which is too short: at least ${JUDGED_MIN_MINUTES}` : ''}`,
  );
  if ((!flat && !isShort) || failed.length > 0) process.exitCode = 1;
}
