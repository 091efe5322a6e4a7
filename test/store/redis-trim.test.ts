import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import { partitionKeys } from '../../src/store/keys.ts';
import { ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, SEED, appendMaker, freshId, headOf, seeded, sleep } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

const { log, firsts, due } = partitionKeys(0);
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

test('a log lets go of what is old beside its newest entry, whatever the clock says', async () => {
  const old: Subject[] = [];
  for (let i = 0; i < 200; i++) old.push(await mint(60_000));
  await sleep(2_600);
  expect(await redis.ask('FCALL', 'sg1_trim', 3, log, firsts, due, 2_500, 60_000, 0)).toBe(0);
  const young = await mint(60_000);
  expect(Number(await redis.ask('FCALL', 'sg1_trim', 3, log, firsts, due, 2_500, 60_000, 0))).toBeGreaterThan(
    150,
  );

  const left = Number(await redis.ask('XLEN', log));
  // Markers of the oldest entry's own millisecond stay with it.
  expect(Number(await redis.ask('ZCARD', firsts))).toBeLessThan(left + 50);
  expect(await store.history(young)).toHaveLength(1);
  expect(await store.history(old[0] as Subject)).toEqual([]);
  expect(await headOf(store, old[0] as Subject)).toMatchObject({ version: 1 });
  await redis.ask('DEL', `{sg:0}h:${old[0]}`);
  expect(await store.rebuild(old[0] as Subject)).toBeNull();
});

test('a deadline is forgotten once its head must have ended', async () => {
  const subject = await mint(1);
  await sleep(50);
  await redis.ask('FCALL', 'sg1_trim', 3, log, firsts, due, 60_000, 10_000, 0);
  expect(await store.due(200)).toContain(subject);
  await redis.ask('FCALL', 'sg1_trim', 3, log, firsts, due, 60_000, 20, 0);
  expect(await store.due(200)).not.toContain(subject);
});
