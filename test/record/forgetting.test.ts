import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { operatorErasure, readWholeUser } from '../../src/compose/operate/erasure.ts';
import type { ErasureReport } from '../../src/compose/operate/erasure.ts';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { ForgettingStopped, forgetPerson } from '../../src/record/keeping/forgetting.ts';
import type { ForgettingReport } from '../../src/record/keeping/forgetting.ts';
import { search } from '../../src/record/search/search.ts';
import type { SecurityEvent } from '../../src/telemetry/security-event.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';

const ADA = { source: 'demo', subject: 'ada' };
/** A session that is refreshed for months: its entries are many steps. */
const MANY = 650;
const STEP_MAX = 200;

let folder: TemporaryFolder;
let archive: Archive;
/** How many entries each step was of. */
let steps: number[];

beforeEach(async () => {
  folder = await temporaryFolder();
  const opened = await openFileArchive(folder.path);
  steps = [];
  archive = new Proxy(opened, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        if (name === 'forget') steps.push((args[1] as readonly unknown[]).length);
        return Reflect.apply(member, target, args);
      };
    },
  });
  const entries = Array.from({ length: MANY }, (_, at) =>
    entry(at, { ticket_id: 'long', session_id: 's', kind: 'refreshed' }),
  );
  await writer(archive).add(entries);
});

afterEach(async () => {
  await archive.close();
  await folder.remove();
});

async function found(user: string): Promise<number> {
  return (await search(archive, { user, newestFirst: false, limit: 1000 })).events.length;
}

test('a long session is forgotten in bounded steps, and each is told', async () => {
  const told: ForgettingReport[] = [];
  const report = await forgetPerson(archive, ADA, {
    isDryRun: false,
    onProgress: (one) => void told.push(one),
  });
  expect(report).toEqual({ entries: MANY, tickets: 1 });
  expect(told.at(-1)).toEqual(report);
  expect(told.length).toBeGreaterThan(3);
  expect(Math.max(...steps)).toBeLessThanOrEqual(STEP_MAX);
  expect(steps.reduce((sum, one) => sum + one, 0)).toBe(MANY);
  expect(await found('ada')).toBe(0);
});

test('stopped between two steps it says so, and the same again forgets the rest', async () => {
  const stopping = new AbortController();
  const options = { isDryRun: false, onProgress: () => stopping.abort(), signal: stopping.signal };
  await expect(forgetPerson(archive, ADA, options)).rejects.toThrow(ForgettingStopped);
  expect(steps).toHaveLength(1);
  expect(await archive.forgotten(['long'])).toEqual(new Set());
  expect(await found('ada')).toBeGreaterThan(0);
  await forgetPerson(archive, ADA, { isDryRun: false });
  expect(await archive.forgotten(['long'])).toEqual(new Set(['long']));
  expect(await found('ada')).toBe(0);
});

test('a ticket that fits into one step is one', async () => {
  const bob = { user: 'bob' };
  await writer(archive).add([1, 2, 3].map((at) => entry(MANY + at, { ticket_id: 'short' }, bob)));
  expect(await forgetPerson(archive, { source: 'demo', subject: 'bob' }, { isDryRun: false })).toEqual({
    entries: 3,
    tickets: 1,
  });
  expect(steps).toEqual([3]);
  expect(await found('bob')).toBe(0);
  expect(await found('ada')).toBe(MANY);
});

const ENDED: ErasureReport['ended'] = {
  looked: 3,
  sessions: 2,
  tickets: 1,
  failed: 0,
  newer: 0,
  users: 1,
  untold: 0,
};

/** Has ada forgotten, by an operator. @param ended what came of the sessions. @param stopsAfter so many words of progress. */
async function erase(
  ended: ErasureReport['ended'],
  stopsAfter: number,
  isDryRun = false,
): Promise<SecurityEvent[]> {
  const events: SecurityEvent[] = [];
  const stopping = new AbortController();
  let words = 0;
  const parts = {
    revoke: async () => ended,
    forget: (person: typeof ADA, options: Parameters<typeof forgetPerson>[2]) =>
      forgetPerson(archive, person, options),
    report: (event: SecurityEvent) => void events.push(event),
  };
  const onProgress = (): void => {
    if (++words >= stopsAfter) stopping.abort();
  };
  const options = { isDryRun, onProgress, signal: stopping.signal };
  await operatorErasure(parts, readWholeUser('demo:ada', 0), options).catch((error: unknown) => {
    if (!(error instanceof ForgettingStopped)) throw error;
  });
  return events;
}

test('what was stopped, or could not end all sessions, is reported as not through; a dry run is not reported', async () => {
  const begun = { kind: 'forgotten', reason: 'operator_begun' };
  expect(await erase(ENDED, Infinity, true)).toEqual([]);
  expect(await erase(ENDED, 3)).toEqual([
    begun,
    { kind: 'forgotten', reason: 'operator_incomplete', ended: 3, entries: STEP_MAX - 1 + STEP_MAX },
  ]);
  const [, failed] = await erase({ ...ENDED, failed: 1 }, Infinity);
  expect(failed).toMatchObject({ reason: 'operator_incomplete', ended: 3 });
  expect((await erase(ENDED, Infinity)).at(-1)).toEqual({
    kind: 'forgotten',
    reason: 'operator',
    ended: 3,
    entries: 0,
  });
});
