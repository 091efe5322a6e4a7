import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { partitionKeys } from '../../../src/store/keys.ts';
import { makePartitionCalls } from '../../../src/store/redis/connection/partition-calls.ts';
import type { PartitionCalls } from '../../../src/store/redis/connection/partition-calls.ts';
import { Barrier } from '../../../src/store/redis/failover/barrier.ts';
import { parseFence } from '../../../src/store/redis/format/fence.ts';
import type { Fence, Stage } from '../../../src/store/redis/format/fence.ts';
import type { Time } from '../../../src/time/time.ts';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { PARTITIONS, openStand } from './stand.ts';
import type { Stand } from './stand.ts';

const SETTLE_MS = 2_000;
const LOOK_MS = 20;
/** Between two looks, so much counts as silence at most. */
const COUNTED_MS = 100;

let redis: Redis;
let stand: Stand;
let calls: PartitionCalls;
let stopped: boolean;

beforeAll(async () => {
  redis = await startRedis({ config: { 'enable-debug-command': 'yes' } });
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  await redis.ask('FLUSHALL');
  stopped = false;
  stand = await openStand(redis);
  const { shards, time } = stand;
  const pass = async (): Promise<void> => {};
  await shards.start({ writer: pass, reader: pass }, () => {});
  await Promise.all(
    shards.all.flatMap(({ writer, control }) => [writer, control]).map((link) => link.whenUp(5_000)),
  );
  const onLibraryGone = async (): Promise<void> => {};
  calls = makePartitionCalls({ shards, partitions: PARTITIONS, time, timeoutMs: 5_000, onLibraryGone });
});

afterEach(async () => {
  stopped = true;
  await stand.pass(LOOK_MS);
  stand.close();
});

const fenceNow = async (partition = 0): Promise<Fence> =>
  parseFence((await redis.ask('GET', partitionKeys(partition).fence)) as string);

/** A node meets the fence of a partition. @param known the token that it knew before. */
async function enter(
  id: string,
  options: {
    stage?: Stage;
    others?: readonly string[];
    partition?: number;
    known?: string;
    from?: number;
  } = {},
): Promise<Fence> {
  const { stage = 'found', others = [], partition = 0, known = '', from = 0 } = options;
  const random = `r${Math.random()}`;
  const args = [partitionKeys(partition).fence, id, random, stage, known, from, 5_000, ...others];
  return parseFence((await redis.ask('FCALL', 'sg3_enter', 1, ...args)) as string);
}

async function say(id: string, stage: Stage, seen = 0): Promise<Fence> {
  const { token } = await fenceNow();
  const answer = await redis.ask('FCALL', 'sg3_say', 1, partitionKeys(0).fence, token, id, stage, seen);
  return parseFence(answer as string);
}

const stageOf = async (id: string): Promise<Stage | undefined> =>
  (await fenceNow()).members.find((member) => member.id === id)?.stage;

async function barrier(id: string, time: Time = stand.time): Promise<Barrier> {
  const fence = await fenceNow();
  const tokens = new Map([[0, fence.token]]);
  const options = { calls, tokens, id, settleMaxMs: SETTLE_MS, time, stopped: () => stopped };
  return new Barrier(options, [fence]);
}

/** When the fence was open, counted from now, and who was struck; empty while it is not. */
function opened(waiting: Barrier): { at?: number; struck?: readonly string[] } {
  const outcome: { at?: number; struck?: readonly string[] } = {};
  const start = stand.time.now();
  void waiting.allOpen().then((struck) => Object.assign(outcome, { at: stand.time.now() - start, struck }));
  return outcome;
}

test('a fence without others opens for who has nothing to put back, and else once it is healed', async () => {
  expect((await enter('one', { stage: 'healed' })).isOpen).toBe(true);
  await redis.ask('DEL', partitionKeys(0).fence);
  expect((await enter('one')).isOpen).toBe(false);
  const here = await barrier('one');
  await here.announce('healed');
  expect((await fenceNow()).isOpen).toBe(true);
  expect(await here.isOver()).toBe(true);
});

test('it opens when the last of its members is through, and not before', async () => {
  await enter('one', { stage: 'healed', others: ['two', 'three'] });
  const waiting = opened(await barrier('one'));
  await say('two', 'healed');
  await stand.pass(500);
  await say('three', 'found');
  await say('three', 'tried');
  await stand.pass(500);
  expect(waiting).toEqual({});
  await say('three', 'healed');
  await stand.pass(LOOK_MS);
  expect(waiting).toEqual({ at: 1_000 + LOOK_MS, struck: [] });
});

test('a node that is silent is struck after a while, and who it was is told', async () => {
  await enter('one', { stage: 'healed', others: ['two', 'three'] });
  const waiting = opened(await barrier('one'));
  await say('three', 'healed');
  await stand.pass(SETTLE_MS - 2 * LOOK_MS);
  expect(waiting).toEqual({});
  await stand.pass(4 * LOOK_MS);
  expect(waiting.struck).toEqual(['two']);
});

test('a node at work is waited for, however long it takes', async () => {
  await enter('one', { stage: 'healed', others: ['two'] });
  const waiting = opened(await barrier('one'));
  await enter('two');
  const working = await barrier('two');
  working.start();
  await stand.pass(5 * SETTLE_MS);
  expect([waiting, await stageOf('two')]).toEqual([{}, 'found']);
  await working.announce('healed');
  await stand.pass(LOOK_MS);
  expect(waiting.struck).toEqual([]);
});

test('a server that stands still makes nobody silent', async () => {
  await enter('one', { stage: 'healed', others: ['two'] });
  const { time } = stand;
  let ahead = 0;
  const waiting = opened(
    await barrier('one', {
      now: () => time.now() + ahead,
      wallNow: () => time.wallNow() + ahead,
      after: (ms, call) => time.after(ms, call),
      soon: (call) => time.soon(call),
    }),
  );
  await stand.pass(SETTLE_MS / 2);
  ahead = 10 * SETTLE_MS;
  await stand.pass(SETTLE_MS / 2 - COUNTED_MS - 2 * LOOK_MS);
  expect([waiting, await stageOf('two')]).toEqual([{}, 'expected']);
});

test('a strike that comes too late strikes nobody: the node was heard of since', async () => {
  await enter('one', { stage: 'healed', others: ['two'] });
  const { token, members } = await fenceNow();
  const { beat } = members.find(({ id }) => id === 'two') ?? { beat: -1 };
  await say('two', 'found');
  await redis.ask('FCALL', 'sg3_strike', 1, partitionKeys(0).fence, token, 'two', beat);
  expect(await stageOf('two')).toBe('found');
  await redis.ask('FCALL', 'sg3_strike', 1, partitionKeys(0).fence, token, 'two', beat + 1);
  expect(await fenceNow()).toMatchObject({ isOpen: true, members: [{ id: 'two', stage: 'struck' }] });
});

test('who was struck is a member again as long as nobody may append', async () => {
  await enter('one', { others: ['two'] });
  const { token } = await fenceNow();
  await redis.ask('FCALL', 'sg3_strike', 1, partitionKeys(0).fence, token, 'two', 0);
  expect(await stageOf('two')).toBe('struck');
  await say('two', 'found');
  await say('one', 'healed');
  expect([(await fenceNow()).isOpen, await stageOf('two')]).toEqual([false, 'found']);
});

test('what was sent before “healed” and arrives after it changes nothing', async () => {
  await enter('one', { others: ['two'] });
  await say('one', 'healed');
  await say('one', 'tried');
  expect(await stageOf('one')).toBe('healed');
});

test('what was said of another fence does not count, and another fence ends the waiting', async () => {
  await enter('one', { stage: 'healed', others: ['two'] });
  const { token } = await fenceNow();
  const waiting = opened(await barrier('one'));
  await redis.ask('DEL', partitionKeys(0).fence);
  await enter('one', { stage: 'healed', others: ['two'] });
  const said = redis.ask('FCALL', 'sg3_say', 1, partitionKeys(0).fence, token, 'two', 'healed', 0);
  expect(await said).toBeNull();
  expect((await fenceNow()).isOpen).toBe(false);
  await stand.pass(LOOK_MS);
  expect(waiting.struck).toEqual([]);
});

test('a fence is another one under another history of the server, and the same one otherwise', async () => {
  const { token } = await enter('one', { stage: 'healed' });
  expect((await enter('two', { stage: 'healed' })).token).toBe(token);
  await redis.ask('DEBUG', 'CHANGE-REPL-ID');
  const next = await enter('two', { known: token, others: ['one'] });
  expect(next.token).not.toBe(token);
  expect(next.members.map(({ id, stage }) => [id, stage])).toEqual([
    ['two', 'found'],
    ['one', 'expected'],
  ]);
});

test('who knew another fence brings the others that it knows, who starts here does not', async () => {
  await enter('one', { others: ['two'] });
  await enter('three', { stage: 'healed', others: ['four'] });
  expect(await stageOf('four')).toBeUndefined();
  await enter('two', { known: 'another', others: ['five'] });
  expect(await stageOf('five')).toBe('expected');
});

test('nobody brings anything once all have tried what they have left since anything came', async () => {
  await enter('one', { others: ['two', 'three'] });
  const here = await barrier('one');
  await say('two', 'tried');
  await say('three', 'found');
  expect([await here.isOver(), await here.isOver()]).toEqual([false, false]);
  await say('three', 'healed');
  expect(await here.isOver()).toBe(true);
});

test('a beat in the middle of a turn does not say that the turn is through', async () => {
  await enter('one', { others: ['two'] });
  const here = await barrier('one');
  here.start();
  await here.announce('tried');
  const { fence } = partitionKeys(0);
  const [token, state, from, till, , members] = ((await redis.ask('GET', fence)) as string).split(' ');
  await redis.ask('SET', fence, [token, state, from, till, 1, members].join(' '));
  const seen = async (): Promise<number | undefined> =>
    (await fenceNow()).members.find(({ id }) => id === 'one')?.seen;
  await here.isOver();
  await stand.pass(SETTLE_MS);
  expect(await seen()).toBe(0);
  await here.announce('tried');
  expect(await seen()).toBe(1);
});

test('what this node says is said again until the writer is there', async () => {
  await enter('one', { others: ['two'] });
  const here = await barrier('one');
  stand.shards.all[0]?.writer.redis.disconnect(true);
  const told = { healed: false };
  void here.announce('healed').then(() => (told.healed = true));
  for (let i = 0; i < 100 && !told.healed; i++) await stand.pass(100);
  expect([told.healed, await stageOf('one')]).toEqual([true, 'healed']);
});
