import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import { ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, SEED, appendMaker, freshId, headOf, seeded, sleep } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

const { log, firsts, due, keep } = partitionKeys(0);
const random = seeded(SEED);
const { first } = appendMaker(random);
let redis: Redis;
let store: EventStore;

beforeAll(async () => {
  redis = await startRedis();
  store = (await openStores(redis.url)).store;
});

afterAll(async () => {
  await store.close();
  await redis.stop();
});

async function mint(lifeMs: number): Promise<Subject> {
  const subject = ticketSubject(freshId(random, 'AA'));
  await store.append([first(subject, { type: 'minted', data: MINTED }, { ms: lifeMs })]);
  return subject;
}

/** Two hundred, in steps: not all of one moment. */
async function mintMany(): Promise<Subject[]> {
  const all: Subject[] = [];
  for (let step = 0; step < 10; step += 1)
    all.push(...(await Promise.all(Array.from({ length: 20 }, () => mint(60_000)))));
  return all;
}

async function trim(keepMs: number, historyMs: number): Promise<number> {
  return Number(await redis.ask('FCALL', 'sg3_trim', 4, log, firsts, due, keep, keepMs, historyMs, 0));
}

test('a log lets go of what is old beside its newest entry, whatever the clock says', async () => {
  const old = await mintMany();
  const atOf = async (subject: Subject): Promise<number> => (await headOf(store, subject)).moments[0]!.at;
  const keepMs = 500 + (await atOf(old.at(-1)!)) - (await atOf(old[0]!));
  await sleep(keepMs + 100);
  expect(await trim(keepMs, 60_000)).toBe(0);
  const young = await mint(60_000);
  expect(await trim(keepMs, 60_000)).toBeGreaterThan(150);

  const left = Number(await redis.ask('XLEN', log));
  // Markers of the oldest entry's own millisecond stay with it.
  expect(Number(await redis.ask('ZCARD', firsts))).toBeLessThan(left + 50);
  expect(await store.history(young)).toHaveLength(1);
  expect(await store.history(old[0] as Subject)).toEqual([]);
  // A head is kept without what its first entry says: with the entry gone it is none.
  expect(await redis.ask('EXISTS', headKey(0, old[0] as Subject))).toBe(1);
  expect((await store.read([old[0] as Subject])).heads).toEqual([null]);
  expect(await store.rebuild(old[0] as Subject)).toBeNull();
});

test('settings that were made shorter take nothing from the tickets of before', async () => {
  await redis.ask('DEL', log, keep);
  const old = await mintMany();
  expect(await trim(60_000, 60_000)).toBe(0);
  await sleep(1_100);
  await mint(60_000);
  expect(await trim(1_000, 60_000)).toBe(0);
  expect(await headOf(store, old[0] as Subject)).toMatchObject({ version: 1 });

  const rest = Number(await redis.ask('PTTL', keep));
  expect(rest).toBeGreaterThan(0);
  expect(rest).toBeLessThan(59_000);
  await redis.ask('DEL', keep);
  expect(await trim(1_000, 60_000)).toBeGreaterThan(150);
});

test('a deadline is forgotten once its head must have ended', async () => {
  const subject = await mint(1);
  await sleep(50);
  await trim(60_000, 10_000);
  expect(await store.due(200)).toContain(subject);
  await trim(60_000, 20);
  expect(await store.due(200)).not.toContain(subject);
});
