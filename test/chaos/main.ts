import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { randomFrom } from '../support/random.ts';
import { tool } from '../support/tools.ts';
import { SCENARIOS } from './catalogue.ts';
import { CannotPlay } from './faketime.ts';
import { readRequest, USAGE } from './request.ts';
import type { Request } from './request.ts';
import type { AnyScenario, Prepared } from './scenario.ts';
import { playScenario } from './stage.ts';
import type { Row } from './stage.ts';
import { lineOf, tableOf } from './table.ts';
import { COLUMNS } from './verdict.ts';

/** The JSON has more of them. */
const BREACHES_SAID = 8;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Plays what was asked for, prints the table, and answers whether every promise was kept. */
async function run(request: Request): Promise<boolean> {
  const { scenarios, seed, without, json } = request;
  const start = performance.now();
  const versions = await readVersions();
  say(
    `chaos: ${scenarios.length} scenarios, seed ${seed}${without.map((part) => `, without ${part}`).join('')}`,
  );
  const rows: Row[] = [];
  let next = scenarios[0] && prepared(scenarios[0]);
  for (const [index, scenario] of scenarios.entries()) {
    const row = await playOne(request, scenario, await next!, () => {
      const following = scenarios[index + 1];
      next = following && prepared(following);
    });
    rows.push(row);
    say(lineOf(row));
    for (const why of [...row.late, ...row.unkept]) say(`  not kept: ${why}`);
    for (const { column, ticketId, why } of row.breaches.slice(0, BREACHES_SAID))
      say(`  ${column}: ${ticketId}: ${why}`);
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  const command = ['npm run chaos', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])];
  console.log(`\n${tableOf(rows)}\n`);
  console.log(
    `\`${command.join(' ')}\`, seed ${seed}, ${minutes} min: ${Object.values(versions).join(', ')}`,
  );
  if (json !== undefined) {
    writeFileSync(
      json,
      `${JSON.stringify({ seed, without, versions, minutes: Number(minutes), rows }, null, 2)}\n`,
    );
  }
  return rows.every((row) => isKept(row, request.judgesTimes));
}

/** Whether every promise of a row was kept, and every bound on time. One that could not be played here broke none. */
function isKept(row: Row, judgesTimes: boolean): boolean {
  const none = COLUMNS.every((column) => row.broken[column] === 0);
  return (
    row.failure === undefined && row.unkept.length === 0 && none && (!judgesTimes || row.late.length === 0)
  );
}

type Outcome = Prepared | Unplayed;
type Unplayed = { readonly failure: string } | { readonly skipped: string };

/** The next scenario's servers start while this one's sign-ins go on: waiting is most of what they do. */
function prepared(scenario: AnyScenario): Promise<Outcome> {
  return scenario.prepare().catch(unplayed);
}

function unplayed(error: unknown): Unplayed {
  if (error instanceof CannotPlay) return { skipped: error.message };
  return { failure: error instanceof Error ? error.message : String(error) };
}

async function playOne(
  { seed, without, signIns }: Request,
  scenario: AnyScenario,
  outcome: Outcome,
  prepareNext: () => void,
): Promise<Row> {
  if (!('ground' in outcome)) {
    prepareNext();
    return emptyRow(scenario, outcome);
  }
  try {
    say(`${scenario.name} …`);
    prepareNext();
    const random = randomFrom(seed ^ SCENARIOS.indexOf(scenario));
    return await playScenario(scenario, outcome, random, { without, signIns });
  } catch (error) {
    return emptyRow(scenario, unplayed(error));
  } finally {
    await outcome.ground.stop();
  }
}

function emptyRow({ name, title }: AnyScenario, why: Unplayed): Row {
  const broken = { lost: 0, doubled: 0, phantom: 0, 'without outcome': 0, disorder: 0 };
  const none = { seconds: 0, signIns: 0, acknowledged: 0, resets: 0, withoutWritesS: 0, p99Ms: 0 };
  return { name, title, ...none, broken, notes: {}, endings: {}, breaches: [], late: [], unkept: [], ...why };
}

async function readVersions(): Promise<Readonly<Record<string, string>>> {
  const redis = execFileSync(await tool('redis-server'), ['--version'], { encoding: 'utf8' });
  const ioredis = JSON.parse(readFileSync(new URL(import.meta.resolve('ioredis/package.json')), 'utf8')) as {
    readonly version: string;
  };
  return {
    scangate: `Scangate ${process.env['CHAOS_COMMIT'] ?? 'of this checkout'}`,
    node: `Node ${process.versions.node}`,
    redis: `Redis ${/v=(\S+)/.exec(redis)?.[1]}`,
    ioredis: `ioredis ${ioredis.version}`,
    cores: `${availableParallelism()} cores`,
  };
}

let asked: ReturnType<typeof readRequest>;
try {
  asked = readRequest(process.argv.slice(2));
} catch (error) {
  say(`chaos: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
if (asked === 'list') {
  for (const { name, title, smoke } of SCENARIOS) console.log(`${name}: ${title}${smoke ? ' (smoke)' : ''}`);
} else {
  process.exit((await run(asked)) ? 0 : 1);
}
