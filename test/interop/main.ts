import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { KINDS, pageWith } from './page.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { isComplete, playRow } from './result.ts';
import type { Result } from './result.ts';
import { readRequest, USAGE } from './request.ts';
import type { Request } from './request.ts';
import type { Row } from './row.ts';
import { cellsOf, headsOf, tableOf } from './table.ts';

const PAGE = fileURLToPath(new URL('../../docs/interop.md', import.meta.url));

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Rows at a time: a sign-in waits more than it computes. */
const AT_A_TIME = 4;

/** Plays the rows, a few at a time; packages are fetched one after another, ahead of their row. */
async function playAll({ rows, endsInChromium }: Request): Promise<readonly Result[]> {
  let chromium: Promise<Browser> | undefined;
  const shared = { browser: (): Promise<Browser> => (chromium ??= startChromium()), endsInChromium };
  const places = placesOf(rows);
  const results: Result[] = [];
  const waiting = rows.entries();
  const lane = async (): Promise<void> => {
    for (const [index, row] of waiting) {
      await Promise.allSettled([places[index]]);
      tell((results[index] = await playRow(row, places[index]!, shared)));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  await (await chromium)?.close();
  return results;
}

function placesOf(rows: readonly Row[]): readonly Promise<Place>[] {
  let last: Promise<unknown> = Promise.resolve();
  return rows.map((row) => {
    const place = last.then(() => placeOf(row));
    last = place.catch(() => {}); // told when its row is played
    return place;
  });
}

function tell(result: Result): void {
  const { row, version, acts, failure, missing, seconds } = result;
  if (missing !== undefined) return say(`${row.name}: not to be had here: ${missing}`);
  const played = [...acts].map(([act, why]) => (why === undefined ? act : `${act}: NO`)).join(', ');
  say(`${row.name} ${version ?? ''}: ${failure === undefined ? played : 'FAILED'} (${seconds} s)`);
  for (const why of [failure, ...acts.values()]) if (why !== undefined) say(`  ${why}`);
}

async function run(request: Request): Promise<boolean> {
  const start = performance.now();
  const results = await playAll(request);
  for (const kind of KINDS) {
    const played = results.filter(({ row }) => row.kind === kind);
    if (played.length > 0) console.log(`\n${tableOf(headsOf(kind), played.map(cellsOf))}`);
  }
  if (request.write) writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), results));
  const missing = results.filter((result) => result.missing !== undefined).length;
  const complete = results.filter(isComplete).length;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(
    `\n${complete} of ${results.length} rows complete, ${missing} not to be had here, ` +
      `${results.length - complete - missing} failed; ${seconds} s, Node ${process.versions.node}`,
  );
  return complete + (request.chosen ? 0 : missing) === results.length;
}

let request: Request;
try {
  request = readRequest(process.argv.slice(2));
} catch (error) {
  say(`interop: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
if (request.help) console.log(USAGE);
else if (request.list) for (const { name } of request.rows) console.log(name);
else process.exit((await run(request)) ? 0 : 1);
