import { readFileSync } from 'node:fs';
import { play } from '../run/play.ts';
import { makeSchedule } from '../schedule/generator.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { playAll } from './pool.ts';
import { USAGE, readRequest } from './request.ts';
import type { Request } from './request.ts';
import { sharesOf, tooRare } from './situations.ts';
import { smallestOf } from './smallest.ts';
import { storyOf } from './story.ts';
import { isBroken } from './summary.ts';
import type { Summary } from './summary.ts';

const PROGRESS_EVERY_MS = 1_000;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Plays one schedule, and tells it. */
async function tellOne(planned: Schedule, { json }: Request): Promise<boolean> {
  const played = await play(planned);
  const { violations, situations, hash, schedule } = played;
  if (json) console.log(JSON.stringify({ schedule, violations, situations: [...situations], hash }, null, 2));
  else console.log(storyOf(played));
  return violations.length === 0;
}

/** Plays all seeds, and tells what came of them. */
async function playSeeds(request: Request): Promise<boolean> {
  const { faults, seeds } = request;
  const startedAt = performance.now();
  const summaries: Summary[] = [];
  let saidAt = startedAt;
  await playAll(request, (summary) => {
    summaries.push(summary);
    const broken = summaries.filter(isBroken).length;
    const now = performance.now();
    if (now - saidAt > PROGRESS_EVERY_MS || isBroken(summary)) {
      saidAt = now;
      const seconds = ((now - startedAt) / 1000).toFixed(0);
      say(`simulate: ${summaries.length} of ${seeds} seeds, ${seconds} s, ${broken} broken`);
    }
    return broken < request.broken && now - startedAt < 60_000 * (request.minutes ?? Infinity);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const shares = sharesOf(summaries, faults);
  const rare = tooRare(shares, faults, summaries.length);
  const broken = summaries.filter(isBroken).sort((a, b) => a.seed - b.seed);
  if (request.json) {
    const situations = Object.fromEntries(shares);
    console.log(
      JSON.stringify({ faults, seeds: summaries.length, seconds, broken, situations, rare }, null, 2),
    );
  } else {
    for (const summary of broken) await tellBroken(summary, request);
    tellSituations(shares);
    tellResult(summaries, broken.length, seconds, request);
  }
  for (const name of rare) say(`simulate: too rare to show anything: ${name}`);
  return broken.length === 0 && rare.length === 0;
}

/** Makes a seed that broke a promise smaller, and tells it. */
async function tellBroken({ seed, violations, failure }: Summary, { faults }: Request): Promise<void> {
  console.log(
    `\nseed ${seed} broke: ${failure ?? [...new Set(violations.map(({ law }) => law))].join(', ')}`,
  );
  const schedule = await smallestOf(makeSchedule(seed, faults), say);
  if (failure === undefined) console.log(storyOf(await play(schedule)));
  console.log(`the whole of it: npm run simulate -- --faults ${faults} --seed ${seed}`);
  console.log(`as it was made smaller, for --schedule: ${JSON.stringify(schedule)}\n`);
}

function tellSituations(shares: ReadonlyMap<string, number>): void {
  for (const [name, share] of shares) console.log(`${(100 * share).toFixed(1).padStart(6)} %  ${name}`);
}

function tellResult(summaries: readonly Summary[], broken: number, seconds: number, request: Request): void {
  const virtualS = summaries.reduce((sum, { virtualMs }) => sum + virtualMs, 0) / 1000;
  const hours = (virtualS / 3600).toFixed(1);
  const { user, system } = process.cpuUsage();
  const cpuS = (user + system) / 1e6;
  console.log(
    `${summaries.length} seeds of ${request.faults} fault${request.faults > 1 ? 's' : ''}: ${broken} broke a promise. ` +
      `${hours} h of virtual time in ${seconds.toFixed(0)} s, and in ${cpuS.toFixed(0)} s of processor time, which is ` +
      `${(virtualS / cpuS).toFixed(0)} times as fast as real time on one core`,
  );
}

/** @returns whether no promise was broken. */
function carryOut(asked: Request): Promise<boolean> {
  const { only, schedule, faults } = asked;
  if (schedule !== undefined) return tellOne(JSON.parse(readFileSync(schedule, 'utf8')) as Schedule, asked);
  return only === undefined ? playSeeds(asked) : tellOne(makeSchedule(only, faults), asked);
}

let request: ReturnType<typeof readRequest>;
try {
  request = readRequest(process.argv.slice(2));
} catch (error) {
  say(`simulate: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
if (request === 'help') console.log(USAGE);
else process.exitCode = (await carryOut(request)) ? 0 : 1;
