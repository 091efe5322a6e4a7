import { beforeEach, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/store/redis/connection/redis-connection.ts';
import type { Shard } from '../../../src/store/redis/connection/shard.ts';
import type { PartitionCalls } from '../../../src/store/redis/connection/partition-calls.ts';
import { Barrier } from '../../../src/store/redis/failover/barrier.ts';
import type { Stage } from '../../../src/store/redis/failover/barrier.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const SETTLE_MS = 2_000;
/** A node that is at work is waited for four times as long as one that is not heard of. */
const AT_WORK_MS = 4 * SETTLE_MS;
const LOOK_MS = 20;

/** The new master, as far as a barrier uses it: one set, and whether the grace of a failover is there. */
class Server {
  readonly said = new Set<string>();
  grace = false;
  answers = true;

  readonly redis = {
    sadd: (_key: string, member: string) => this.#answer(() => Number(this.said.add(member).size > 0)),
    pexpire: () => this.#answer(() => 1),
    exists: () => this.#answer(() => Number(this.grace)),
    smismember: (_key: string, ...members: string[]) =>
      this.#answer(() => members.map((member) => Number(this.said.has(member)))),
  } as unknown as RedisConnection;

  async #answer<T>(run: () => T): Promise<T> {
    if (!this.answers) throw new Error('Connection is closed.');
    return run();
  }
}

let server: Server;
let time: VirtualTime;

beforeEach(() => {
  server = new Server();
  time = new VirtualTime(1_000_000);
});

function barrier(id: string, others: readonly string[], timeline = 't'): Barrier {
  const shard = { partitions: [0], writer: { redis: server.redis } } as unknown as Shard;
  return new Barrier({ shard, timeline, id, others, settleMaxMs: SETTLE_MS, time });
}

const say = (id: string, stage: Stage, timeline = 't'): Promise<void> =>
  barrier(id, [], timeline).announceOn(server.redis, stage);

/** When the barrier was passed, counted from now, and who was not through; empty while it is not. */
function passed(waiting: Barrier): { at?: number; late?: readonly string[] } {
  const outcome: { at?: number; late?: readonly string[] } = {};
  const start = time.now();
  void waiting.allHealed().then((late) => Object.assign(outcome, { at: time.now() - start, late }));
  return outcome;
}

/** What is on its way gets its turn, and then time goes on. */
async function pass(ms: number): Promise<void> {
  await time.passSlowly(0);
  await time.passSlowly(ms);
}

test('who is alone waits for nobody', async () => {
  const alone = barrier('one', []);
  expect(await alone.allHealed()).toEqual([]);
  expect(await alone.isOver()).toBe(true);
});

test('it is passed when the last of the others is through, and not before', async () => {
  const waiting = passed(barrier('one', ['two', 'three']));
  await say('two', 'healed');
  await pass(500);
  expect(waiting).toEqual({});
  await say('three', 'found');
  await say('three', 'tried');
  await pass(500);
  expect(waiting).toEqual({});
  await say('three', 'healed');
  await pass(LOOK_MS);
  expect(waiting).toEqual({ at: 1_000 + LOOK_MS, late: [] });
});

test('a node that is silent is waited for until it may be gone, and counted', async () => {
  const waiting = passed(barrier('one', ['two', 'three']));
  await say('three', 'healed');
  await pass(SETTLE_MS - 1);
  expect(waiting).toEqual({});
  await pass(LOOK_MS);
  expect(waiting).toEqual({ at: SETTLE_MS, late: ['two'] });
});

test.each(['found', 'tried'] as const)(
  'a node that has said “%s” is waited for four times as long, and no longer',
  async (stage) => {
    const waiting = passed(barrier('one', ['two']));
    await say('two', stage);
    await pass(AT_WORK_MS - 1);
    expect(waiting).toEqual({});
    await pass(LOOK_MS);
    expect(waiting).toEqual({ at: AT_WORK_MS, late: ['two'] });
  },
);

test('what a node said of another failover does not count', async () => {
  const waiting = passed(barrier('one', ['two']));
  await say('two', 'healed', 'the timeline before');
  await pass(SETTLE_MS - 1);
  expect(waiting).toEqual({});
});

test('a question that fails makes nobody silent who has been heard of', async () => {
  const waiting = passed(barrier('one', ['two']));
  await say('two', 'found');
  await pass(LOOK_MS);
  server.answers = false;
  await pass(SETTLE_MS);
  expect(waiting).toEqual({});
  server.answers = true;
  await say('two', 'healed');
  await pass(LOOK_MS);
  expect(waiting.late).toEqual([]);
});

test('events that wait for each other have half a second once everyone has tried, anew after each that came', async () => {
  const here = barrier('one', ['two', 'three']);
  await say('two', 'tried');
  await say('three', 'found');
  expect(await here.isOver()).toBe(false);
  time.pass(1_000);
  expect(await here.isOver()).toBe(false);
  await say('three', 'tried');
  expect(await here.isOver()).toBe(false);
  time.pass(499);
  expect(await here.isOver(true)).toBe(false);
  time.pass(499);
  expect(await here.isOver()).toBe(false);
  time.pass(1);
  expect(await here.isOver()).toBe(true);
});

test('what this node says is said again until the writer is there, as long as anyone waits for it', async () => {
  const calls = {
    call: (_partition: number, _repeatable: boolean, run: (link: unknown) => Promise<unknown>) => run(server),
  } as unknown as PartitionCalls;
  const here = barrier('one', ['two']);
  server.answers = false;
  const saying = here.announce(calls, 'healed');
  await pass(500);
  server.answers = true;
  await pass(LOOK_MS);
  await saying;
  expect([...server.said]).toEqual(['t one healed']);

  server.answers = false;
  const inVain = barrier('two', ['one']).announce(calls, 'healed');
  await pass(AT_WORK_MS + LOOK_MS);
  await inVain;
  expect(time.waiting).toBe(0);
});

test('a failover is under way where its grace is there, or where a node is at work', async () => {
  const fresh = barrier('new', ['two']);
  expect(await fresh.isUnderWay(server.redis)).toBe(false);
  await say('two', 'healed');
  expect(await fresh.isUnderWay(server.redis)).toBe(false);
  server.grace = true;
  expect(await fresh.isUnderWay(server.redis)).toBe(true);
  server.grace = false;
  await say('three', 'found');
  expect(await barrier('new', ['two', 'three']).isUnderWay(server.redis)).toBe(true);
});
