import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import { ReadBudget } from '../../src/store/redis/events/read-budget.ts';
import type { RedisStores } from '../../src/store/redis/open.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, SEED, appendMaker, freshTicket, seeded } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { openStores } from './redis-support.ts';

const MANY_MS = 60_000;
const SECOND_MS = 1000;

let redis: Redis;
let here: RedisStores;
let there: RedisStores;

beforeAll(async () => {
  redis = await startRedis();
  here = await openStores(redis.url, { tailPauseMs: MANY_MS });
  there = await openStores(redis.url);
});

afterAll(async () => {
  await here?.store.close();
  await there?.store.close();
  await redis?.stop();
});

test('where little is written, no move waits for the pause behind the one before', async () => {
  const random = seeded(SEED);
  const { first } = appendMaker(random);
  const heard = new Set<Subject>();
  const abort = new AbortController();
  const listening = listen(here.store, heard, abort.signal);
  await listening.ready;
  for (let round = 0; round < 10; round += 1) {
    const ticket = freshTicket(random);
    await there.store.append([first(ticket, { type: 'minted', data: MINTED }, { ms: MANY_MS })]);
    await until(() => heard.has(ticket), { withinMs: MANY_MS / 6, what: `move ${round} (seed ${SEED})` });
  }
  abort.abort();
  await listening.done;
});

test('reads follow one another as often as they may, and again once time has passed', () => {
  const time = new VirtualTime();
  const budget = new ReadBudget(100, time);
  const spendAll = (): number => {
    let count = 0;
    while (budget.spend()) count += 1;
    return count;
  };
  expect(spendAll()).toBe(100);
  time.pass(SECOND_MS / 4);
  expect(spendAll()).toBe(25);
  time.pass(60 * SECOND_MS);
  expect(spendAll()).toBe(100);
});

test('reads that must not follow one another never do', () => {
  const time = new VirtualTime();
  const budget = new ReadBudget(0, time);
  time.pass(60 * SECOND_MS);
  expect(budget.spend()).toBe(false);
});

function listen(
  store: EventStore,
  heard: Set<Subject>,
  signal: AbortSignal,
): { readonly ready: Promise<void>; readonly done: Promise<void> } {
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const done = (async () => {
    for await (const batch of store.feed({ signal, ready: isReady }))
      if (batch.kind === 'moved') for (const subject of batch.subjects) heard.add(subject);
  })();
  return { ready, done };
}
