import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { RECEIVERS_KEY, receiverKeys } from '../../src/keepers/redis/queue-keys.ts';
import type { RedisQueueOptions } from '../../src/keepers/redis/redis-queue.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { gapMessage } from '../../src/webhooks/message.ts';
import { DEAD_MAX } from '../../src/webhooks/message-queue.ts';
import type { Taken } from '../../src/webhooks/message-queue.ts';
import { FanOut } from '../../src/webhooks/fan-out.ts';
import { message, messageQueueContract } from '../contract/message-queue.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { openQueues } from './redis-queues.ts';

let redis: Redis;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

afterAll(async () => {
  await redis.stop();
});

/** Open until the test ends. */
async function open(database: number, options?: Partial<RedisQueueOptions>) {
  const opened = await openQueues(redis.database(database), options);
  ends.push(opened.close);
  return opened;
}

async function within<T>(database: number, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(redis.database(database), { protocol: 2 });
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** What the queues are by now, key by key. */
function dump(database: number): Promise<ReadonlyMap<string, Buffer | null>> {
  return within(database, async (client) => {
    const keys = await client.keys('{sg:0}webhooks:*');
    return new Map(await Promise.all(keys.map(async (key) => [key, await client.dumpBuffer(key)] as const)));
  });
}

/** Puts them back, as a replica has them that lags. */
function restore(database: number, then: ReadonlyMap<string, Buffer | null>): Promise<void> {
  return within(database, async (client) => {
    for (const key of await client.keys('{sg:0}webhooks:*')) await client.del(key);
    for (const [key, bytes] of then) await client.restore(key, 0, bytes!);
  });
}

describe('the queues on Redis', () => {
  messageQueueContract(() => openQueues(redis.database(0)));
});

const FIRST = { limit: 99, after: undefined, inHand: false };

function ids(taken: Taken | undefined): readonly string[] | undefined {
  return taken?.messages.map(({ id }) => id);
}

test('one node at a time has a receiver, and another once it lets go, or its lease is over', async () => {
  const [here, there] = await Promise.all([open(1, { leaseMs: 500 }), open(1, { leaseMs: 500 })]);
  await here.queue.put([{ chain: 0, from: 0, to: 1 }], [message('one', 1), message('one', 2)]);
  const { messages } = (await here.queue.take('one', FIRST))!;
  const after = messages[1]!.place;
  expect(await there.queue.take('one', FIRST)).toBeUndefined();
  // What another node says of its past is not heard, but what was delivered was.
  await there.queue.bury('one', messages[0]!.place, 15, 'late');
  await there.queue.delivered('one', messages[1]!.place);
  expect(await here.queue.take('one', { limit: 9, after, inHand: true })).toMatchObject({
    anew: false,
    waiting: 1,
  });
  await here.queue.release('one');
  expect(ids(await there.queue.take('one', FIRST))).toEqual(['1']);
  expect(await here.queue.take('one', { limit: 9, after, inHand: true })).toBeUndefined();
  const again = await until(() => here.queue.take('one', { limit: 9, after, inHand: true }));
  expect(again.anew).toBe(true);
  expect(ids(again)).toEqual(['1']);
  await here.queue.delivered('one', messages[0]!.place);
  // Nothing is in hand and nothing waits: whoever looks first may have it.
  expect(ids(await here.queue.take('one', FIRST))).toEqual([]);
  await here.queue.put([{ chain: 0, from: 1, to: 2 }], [message('one', 3)]);
  expect(ids(await there.queue.take('one', FIRST))).toEqual(['3']);
});

test('a past that a failover took back is told again, to the node that had it in hand too, and takes nothing else with it', async () => {
  const { queue } = await open(2);
  await queue.begin(new Map());
  await queue.put([{ chain: 0, from: 0, to: 1 }], [message('back', 1)]);
  await queue.take('back', FIRST);
  const before = await dump(2);
  await queue.put([{ chain: 0, from: 1, to: 3 }], [message('back', 2), message('back', 3)]);
  const lost = (await queue.take('back', FIRST))!.messages;
  await restore(2, before);
  expect(await queue.read()).toEqual(new Map([[0, 1]]));
  await queue.put([{ chain: 0, from: 1, to: 2 }], [message('back', 2)]);
  await queue.put([{ chain: 0, from: 2, to: 4 }], [message('back', 3), message('back', 4)]);
  for (const { place } of lost.slice(1)) await queue.delivered('back', place);
  const after = lost.at(-1)!.place;
  const again = await queue.take('back', { limit: 9, after, inHand: true });
  expect(again?.anew).toBe(true);
  expect(ids(again)).toEqual(['1', '2', '3', '4']);
});

test('what waits for a receiver that is none any more goes after forty days, and what is followed stays', async () => {
  const first = await open(3);
  const moves = [{ chain: 0, from: 0, to: 1 }];
  await first.queue.put(moves, [message('none', 1), message('followed', 2), message('late', 3)]);
  const old = Date.now() - 41 * 86_400_000;
  for (const name of ['none', 'followed'])
    await within(3, (client) => client.zadd(RECEIVERS_KEY, old, name).then(() => undefined));
  const later = await open(3, { isFollowed: (receiver) => receiver === 'followed' });
  await later.queue.put([{ chain: 0, from: 1, to: 2 }], []);
  expect(ids(await later.queue.take('none', FIRST))).toEqual([]);
  expect(ids(await later.queue.take('followed', FIRST))).toEqual(['2']);
  expect(ids(await later.queue.take('late', FIRST))).toEqual(['3']);
});

test('a message that tells of a gap, let go itself, is told with its count and its beginning', async () => {
  let gone = 0;
  const { queue, letters } = await open(4, { onGone: (count) => void (gone += count) });
  for (let link = 0; link < 20; link += 1) {
    const messages = Array.from({ length: 20 }, (_, index) => message('gaps', link * 20 + index + 1));
    await queue.put([{ chain: 0, from: link, to: link + 1 }], messages);
    const { gap } = (await queue.take('gaps', { limit: 0, after: undefined, inHand: false }))!;
    if (gap !== undefined) await queue.fillGap('gaps', gap, gapMessage(gap, Date.now()));
  }
  const { messages } = (await queue.take('gaps', { ...FIRST, limit: 999 }))!;
  const gaps = messages.filter(({ subject }) => subject === 'gap');
  const left = messages.length - gaps.length;
  const counts = gaps.map(({ text }) => JSON.parse(text) as { count: number; from_id: string });
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(400 - left);
  expect(counts.some(({ from_id: from }) => from === '1')).toBe(true);
  expect(gone).toBe(400 - left);
  expect(await letters.figures('gaps')).toEqual({ waiting: messages.length, dead: 0, gone });
});

test('takes nothing where the memory is needed for sign-ins, and still gives what waits, and lets it go', async () => {
  const { queue, letters } = await open(5);
  await queue.begin(new Map());
  await queue.put([{ chain: 0, from: 0, to: 1 }], [message('full', 1), message('full', 2)]);
  const later = await open(5);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 1_000_000);
  const moves = [{ chain: 0, from: 1, to: 2 }];
  await expect(later.queue.put(moves, [message('full', 3)])).rejects.toThrow('for sign-ins');
  // A node that looked at the memory a moment ago is refused by the server, as a whole.
  await expect(queue.put(moves, [message('full', 3)])).rejects.toThrow(StoreUnavailable);
  const { messages } = (await queue.take('full', FIRST))!;
  expect(messages.map(({ id }) => id)).toEqual(['1', '2']);
  await queue.tried('full', messages[0]!.place, 14);
  await queue.bury('full', messages[0]!.place, 15, 'it answered 500');
  await queue.delivered('full', messages[1]!.place);
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  expect(await letters.figures('full')).toEqual({ waiting: 0, dead: 1, gone: 0 });
  expect(await queue.read()).toEqual(new Map([[0, 1]]));
});

test('of dead letters the newest are kept, and many that are delivered at a time are one call', async () => {
  const { queue, letters } = await open(6, { bytesMax: 10_000_000 });
  const many = Array.from({ length: DEAD_MAX + 5 }, (_, index) => message('many', index + 1));
  await queue.put([{ chain: 0, from: 0, to: 1 }], many);
  const { messages } = (await queue.take('many', { ...FIRST, limit: 2000 }))!;
  await Promise.all(messages.map(({ place }) => queue.bury('many', place, 15, 'ECONNREFUSED')));
  expect(await letters.figures('many')).toEqual({ waiting: 0, dead: DEAD_MAX, gone: 0 });
  const dead = await letters.dead('many', undefined, 2000);
  expect(dead).toHaveLength(DEAD_MAX);
  expect(dead[0]?.id).toBe('6');
  await letters.replay(
    'many',
    dead.map(({ place }) => place),
  );
  expect(await letters.figures('many')).toEqual({ waiting: DEAD_MAX, dead: 0, gone: 0 });
  const again = (await queue.take('many', { ...FIRST, limit: 2000 }))!.messages;
  const calls = async (): Promise<number> =>
    Number(/calls=(\d+)/.exec((await redis.info('commandstats'))['cmdstat_eval'] ?? '')?.[1]);
  const before = await calls();
  await Promise.all(again.map(({ place }) => queue.delivered('many', place)));
  expect((await calls()) - before).toBeLessThanOrEqual(2);
  expect(await letters.figures('many')).toEqual({ waiting: 0, dead: 0, gone: 0 });
});

test('a lease of a clock that ran ahead, of a server that was master before, keeps nobody away', async () => {
  const [here, there] = await Promise.all([open(7), open(7)]);
  await here.queue.put([{ chain: 0, from: 0, to: 1 }], [message('ahead', 1)]);
  await here.queue.take('ahead', FIRST);
  expect(await there.queue.take('ahead', FIRST)).toBeUndefined();
  const { state } = receiverKeys('ahead');
  await within(7, (client) => client.hset(state, 'until', Date.now() + 3_600_000));
  expect(ids(await there.queue.take('ahead', FIRST))).toEqual(['1']);
});

test('queues that are lost while a node reads for them are told of as a gap without a count, and once', async () => {
  const { queue } = await open(8);
  const record = { head: 0 };
  const lost: (number | undefined)[] = [];
  const fanOut = new FanOut({
    archive: {
      heads: () => Promise.resolve(new Map([[0, { link: record.head, hash: '' }]])),
      links: (_chain, from, limit) =>
        Promise.resolve(
          Array.from({ length: Math.max(0, Math.min(limit, record.head - from + 1)) }, (_, index) => {
            const link = from + index;
            const text = JSON.stringify({ id: String(link), kind: 'minted', ticket_id: `t${link}` });
            return { id: BigInt(link), link, chain: 0, hash: '', text };
          }),
        ),
    },
    queue,
    receivers: () => [{ id: 'lost', url: 'http://127.0.0.1/', keys: [], isPrivate: true }],
    time: { wallNow: Date.now },
    onPut: () => undefined,
    onLost: (count) => void lost.push(count),
  });
  await fanOut.begin();
  for (const head of [3, 5, 6]) {
    record.head = head;
    if (head === 5) await restore(8, new Map());
    await fanOut.look();
  }
  const { messages } = (await queue.take('lost', FIRST))!;
  expect(messages.map(({ subject }) => subject)).toEqual(['lost', 't6']);
  expect(JSON.parse(messages[0]!.text)).toMatchObject({ kind: 'gap' });
  expect(JSON.parse(messages[0]!.text)).not.toHaveProperty('count');
  expect(lost).toEqual([undefined]);
});

test('where the bound is lowered, a long queue goes in short steps, and each message is counted', async () => {
  const MANY = 2000;
  const before = await open(9, { bytesMax: 1e8 });
  await before.queue.put(
    [{ chain: 0, from: 0, to: 1 }],
    Array.from({ length: MANY }, (_, index) => message('long', index + 1)),
  );
  const steps: number[] = [];
  const { queue, letters } = await open(9, { onGone: (count) => void steps.push(count) });
  let put = MANY;
  while ((await letters.figures('long')).waiting > 40 && put < MANY + 100) {
    put += 1;
    await queue.put([{ chain: 0, from: put - MANY, to: put - MANY + 1 }], [message('long', put)]);
  }
  expect(Math.max(...steps)).toBeLessThan(150);
  const { waiting, gone } = await letters.figures('long');
  expect(waiting).toBeLessThanOrEqual(40);
  expect(waiting + gone).toBe(put);
  const { gap } = (await queue.take('long', FIRST))!;
  expect(gap).toEqual({ count: gone, from: '1', to: String(gone) });
});
