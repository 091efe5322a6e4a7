import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { search } from '../../src/record/search/search.ts';
import { decisionsOf } from '../../src/record/search/history.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';

/** More than one search looks at. */
const MANY = 2200;

let folder: TemporaryFolder;
let archive: Archive;

beforeAll(async () => {
  folder = await temporaryFolder();
  archive = await openFileArchive(folder.path);
  const rest = Array.from({ length: MANY }, (_, index) =>
    entry(10 + index, { kind: 'refreshed', ticket_id: 't' }),
  );
  const decided = [
    entry(1, { kind: 'confirmed' }),
    entry(2, { kind: 'denied' }),
    entry(3, { kind: 'confirmed' }, { source: 'jwt' }),
    entry(4, { kind: 'denied' }, { issuer: 'another' }),
  ];
  await writer(archive).add([...decided, ...rest]);
});

afterAll(async () => {
  await archive.close();
  await folder.remove();
});

test('a history has what the user decided, however much else was kept since, and nothing of a namesake', async () => {
  const ada = { source: 'demo', issuer: 'demo', subject: 'ada' };
  const kinds = (told: Awaited<ReturnType<typeof decisionsOf>>) =>
    told.map(({ kind, cursor }) => [kind, cursor]);
  expect(kinds(await decisionsOf(archive, ada, 50))).toEqual([
    ['denied', '1-2'],
    ['confirmed', '1-1'],
  ]);
  expect(kinds(await decisionsOf(archive, ada, 1))).toEqual([['denied', '1-2']]);
});

test('a history is as long as it was asked for, however much of what was decided last was taken back', async () => {
  const own = await temporaryFolder();
  const small = await openFileArchive(own.path);
  const decisions = Array.from({ length: 40 }, (_, index) => entry(index + 1, { kind: 'confirmed' }));
  // The newest fifteen, of which a failover took back each.
  const takenBack = decisions.slice(25).map(({ id }, index) =>
    entry(100 + index, {
      kind: 'superseded',
      superseded: { id: id.toString(), kind: 'confirmed' },
    }),
  );
  await writer(small).add([...decisions, ...takenBack]);
  const ada = { source: 'demo', issuer: 'demo', subject: 'ada' };
  const told = await decisionsOf(small, ada, 10);
  expect(told.map(({ id }) => id)).toEqual(
    decisions
      .slice(15, 25)
      .map(({ id }) => id.toString())
      .toReversed(),
  );
  expect(await decisionsOf(small, ada, 50)).toHaveLength(25);
  await small.close();
  await own.remove();
});

test('a search in vain looks at a bounded number, lets others in between, and opens nothing', async () => {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const asked: string[] = [];
  const watched: Pick<Archive, 'find' | 'keys'> = {
    find: (page) => archive.find(page),
    keys: (names) => (asked.push(...names), archive.keys(names)),
  };
  const query = { client: 'demo', kind: 'none', newestFirst: false, limit: 100 };
  const first = await search(watched as Archive, query);
  isOver = true;
  expect(first).toEqual({ events: [], next: expect.any(BigInt) });
  expect(turns).toBeGreaterThanOrEqual(9);
  expect(asked).toEqual([]);
  expect(await search(watched as Archive, { ...query, after: first.next })).toEqual({ events: [] });
});

test('nobody hides a user by a subject that reads as that user', async () => {
  const own = await temporaryFolder();
  const small = await openFileArchive(own.path);
  const posing = { source: 'jwt', user: 'demo:ada' };
  await writer(small).add([entry(1), entry(2, {}, posing), entry(3), entry(4, {}, { user: 'bob' })]);
  const cursors = async (query: Partial<Parameters<typeof search>[1]>): Promise<unknown> => {
    const { events } = await search(small, { newestFirst: false, limit: 100, ...query });
    return events.map(({ cursor }) => cursor);
  };
  expect(await cursors({ user: 'demo:ada' })).toEqual(['1-1', '1-2', '1-3']);
  expect(await cursors({ user: 'demo:ada', client: 'demo', limit: 2 })).toEqual(['1-1', '1-2']);
  expect(await cursors({ user: 'jwt:demo:ada' })).toEqual(['1-2']);
  expect(await cursors({ user: 'demo:bob' })).toEqual(['1-4']);
  await small.close();
  await own.remove();
});
