import { expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, SCANNED, appendMaker, freshTicket, headOf } from '../contract/appends.ts';
import { World } from './world.ts';
import type { Gateway } from './world.ts';

const LIFE = { ms: 60_000 };
const URL = 'redis://redis-1:6379';

/** What a feed tells, in the order in which it comes. */
function listen(store: EventStore): { readonly heard: Set<Subject>; readonly stop: () => void } {
  const heard = new Set<Subject>();
  const abort = new AbortController();
  void (async () => {
    for await (const batch of store.feed({ signal: abort.signal })) {
      if (batch.kind === 'moved') for (const subject of batch.subjects) heard.add(subject);
    }
  })();
  return { heard, stop: () => abort.abort() };
}

/** Mints a ticket and scans it. */
async function mintAndScan(store: EventStore, random: () => number): Promise<Subject> {
  const { first, next } = appendMaker(random);
  const ticket = freshTicket(random);
  const minted = await store.append([first(ticket, { type: 'minted', data: MINTED }, LIFE)]);
  expect(minted.outcome).toBe('appended');
  const scanned = await store.append([next(await headOf(store, ticket), SCANNED, { life: LIFE })]);
  expect(scanned.outcome).toBe('appended');
  return ticket;
}

/** One small history of a world, told as text. */
async function tell(seed: number): Promise<string> {
  const world = await World.create(seed);
  const server = world.server('redis-1');
  const { scheduler } = world;
  const open = (name: string): Promise<Gateway> => scheduler.complete(world.gateway(name, URL), 5_000);
  const [a, b] = [await open('a'), await open('b')];
  const { heard, stop } = listen(b.store);
  const tickets: Subject[] = [];
  for (let i = 0; i < 20; i++)
    tickets.push(await scheduler.complete(mintAndScan(a.store, world.random.next), 2_000));
  await scheduler.pass(50);
  expect([...heard].sort()).toEqual([...tickets].sort());
  const { heads } = await scheduler.complete(b.store.read(tickets), 1_000);
  expect(heads.map((head) => [head?.version, head?.status])).toEqual(tickets.map(() => [2, 'scanned']));
  expect(await scheduler.complete(b.store.history(tickets[0] as Subject), 1_000)).toHaveLength(2);
  await scheduler.complete(a.ledger.putIfAbsent('name', '木', 1_000), 1_000);
  expect(await scheduler.complete(b.ledger.get('name'), 1_000)).toBe('木');
  stop();
  await scheduler.complete(Promise.all([a.store.close(), b.store.close()]), 1_000);
  return JSON.stringify([scheduler.now, scheduler.steps, heads, [...heard], server.replication.offset]);
}

test('whole stores run on a simulated server: they append, read, and hear of it', async () => {
  await tell(1);
});

test('nothing of it waits for the clock of the machine', async () => {
  await World.create(1);
  const { setTimeout: timeout, setInterval: interval } = globalThis;
  const refuse = (): never => {
    throw new Error('a timer of the machine');
  };
  Object.assign(globalThis, { setTimeout: refuse, setInterval: refuse });
  try {
    await tell(3);
  } finally {
    Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });
  }
});

test('a seed replays exactly, and another one is another history', async () => {
  const one = await tell(7);
  expect(await tell(7)).toBe(one);
  expect(await tell(8)).not.toBe(one);
});
