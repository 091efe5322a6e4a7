import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { META_KEY, partitionKeys } from '../../../src/store/keys.ts';
import { TimelineWatch } from '../../../src/store/redis/failover/timeline-watch.ts';
import type {
  FencesWatched,
  TimelineWatchOptions,
} from '../../../src/store/redis/failover/timeline-watch.ts';
import { tokenOfFence } from '../../../src/store/redis/format/fence.ts';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { openStand, randomText } from './stand.ts';
import type { Stand } from './stand.ts';

const CHECK_MS = 1_000;

let redis: Redis;
let stand: Stand;
let watch: TimelineWatch;
/** What was heard, in order: of which timeline, and whether calls could go out then. */
let heard: (readonly [what: string, timeline: string, up: boolean])[];
let storeTimes: number[];
/** The token of each partition's fence as it was met, and as the server said it last. */
let tokens: Map<number, string>;
let entered: Map<number, string>;

beforeAll(async () => {
  redis = await startRedis({ config: { 'enable-debug-command': 'yes' } });
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  await redis.ask('FLUSHALL');
  heard = [];
  storeTimes = [];
  [tokens, entered] = [new Map(), new Map()];
  stand = await openStand(redis);
});

afterEach(() => {
  watch.stop();
  stand.close();
});

async function start(options: Partial<TimelineWatchOptions> = {}): Promise<void> {
  const { shards, meta, time } = stand;
  const isUp = (): boolean => shards.all[0]?.writer.up ?? false;
  watch = new TimelineWatch({
    meta,
    shards,
    detects: true,
    randomText,
    time,
    fences: fences(),
    onChanged: (timeline, before) =>
      void heard.push(['changed', timeline, isUp()], ['before', before, isUp()]),
    onFound: (timeline) => void heard.push(['found', timeline, isUp()]),
    onTime: async (_shard, now) => void storeTimes.push(now),
    ...options,
  });
  await shards.start({ writer: watch.checkWriter, reader: watch.checkReader }, () => {});
  await isOpen();
  await watch.start();
}

/** The fences as a node knows them that puts nothing back: each is met, and who meets it first opens it. */
function fences(onEnter: () => Promise<void> = async () => {}): FencesWatched {
  return {
    tokens: () => [...tokens.values()],
    strangeOf: async (shard, server, history = '') => {
      const texts = await Promise.all(shard.partitions.map((one) => server.get(partitionKeys(one).fence)));
      return shard.partitions.filter((one, i) => {
        const token = tokenOfFence(texts[i] ?? ' ');
        return token === '' || token !== tokens.get(one) || !token.startsWith(history);
      });
    },
    enter: async (shard, server, partitions, timeline) => {
      const isLater = tokens.size > 0;
      for (const one of partitions) {
        const { fence } = partitionKeys(one);
        const text = await server.fcall('sg3_enter', 1, fence, 'here', randomText(), 'healed', '', 0, 0);
        entered.set(one, tokenOfFence(String(text)));
      }
      const before = new Map(tokens);
      for (const [one, token] of entered) tokens.set(one, token);
      heard.push([isLater ? 'change' : 'first', timeline(), shard.writer.up]);
      try {
        await onEnter();
      } catch (error) {
        tokens.clear();
        for (const [one, token] of before) tokens.set(one, token);
        throw error;
      }
      return isLater;
    },
  };
}

async function isOpen(): Promise<void> {
  await until(() => [stand.shards.all[0]?.writer, stand.shards.all[0]?.control].every((link) => link?.up));
}

async function timelineNow(): Promise<string> {
  const { master_replid: history } = await redis.info('replication');
  const epoch = String(await redis.ask('HGET', META_KEY, 'epoch'));
  const digest = createHash('sha256')
    .update([...tokens.values()].join(' '))
    .digest('hex')
    .slice(0, 8);
  return `${history}.${epoch}.${digest}`;
}

test('the first look is no change, and is through before calls may go out', async () => {
  await start();
  expect(heard).toEqual([
    ['first', await timelineNow(), false],
    ['found', await timelineNow(), false],
  ]);
  expect(watch.name).toBe(await timelineNow());
});

test('a history that goes on is looked at once a second, and nothing but the time is heard', async () => {
  await start();
  expect(storeTimes).toHaveLength(1);
  await stand.pass(CHECK_MS - 1);
  expect(storeTimes).toHaveLength(1);
  await stand.pass(1);
  expect(storeTimes).toHaveLength(2);
  await stand.pass(3 * CHECK_MS);
  expect(storeTimes).toHaveLength(5);
  expect(heard).toHaveLength(2);
  const [seconds] = (await redis.ask('TIME')) as [string];
  expect(Math.abs((storeTimes[0] ?? 0) - Number(seconds) * 1_000)).toBeLessThan(60_000);
});

const CHANGES: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['another replication id', () => redis.ask('DEBUG', 'CHANGE-REPL-ID')],
  ['a partition without a fence', () => redis.ask('DEL', partitionKeys(3).fence)],
  ['another fence', () => redis.ask('SET', partitionKeys(3).fence, `${'0'.repeat(40)}.another open 0 0 0 -`)],
];

test.each(CHANGES)('%s is dealt with within a second, before anything else is sent', async (_, change) => {
  await start();
  const before = watch.name;
  await change();
  await stand.pass(CHECK_MS);
  await isOpen();
  const now = await timelineNow();
  expect(now).not.toBe(before);
  expect(heard.slice(2)).toEqual([
    ['change', now, false],
    ['changed', now, false],
    ['before', before, false],
  ]);
  expect(watch.name).toBe(now);
  await stand.pass(3 * CHECK_MS);
  expect(heard).toHaveLength(5);
});

test('a store that was wiped gets its functions and meta key again, with an epoch of its own', async () => {
  await start();
  const { epoch } = stand.meta;
  await redis.ask('FUNCTION', 'FLUSH');
  await redis.ask('FLUSHALL');
  await stand.pass(CHECK_MS);
  await isOpen();
  const meta = (await redis.ask('HMGET', META_KEY, 'format', 'partitions', 'epoch')) as string[];
  expect(meta.slice(0, 2)).toEqual(['2', '16']);
  expect(meta[2]).not.toBe(epoch);
  expect(await redis.ask('FUNCTION', 'LIST', 'LIBRARYNAME', 'scangate_v3')).toHaveLength(1);
  expect(heard.map(([what]) => what)).toEqual(['first', 'found', 'change', 'changed', 'before']);
});

test('a master without the functions gets them before calls may go out', async () => {
  await start();
  await redis.ask('FUNCTION', 'FLUSH');
  await redis.ask('DEBUG', 'CHANGE-REPL-ID');
  await stand.pass(CHECK_MS);
  await isOpen();
  expect(await redis.ask('FUNCTION', 'LIST', 'LIBRARYNAME', 'scangate_v3')).toHaveLength(1);
  expect(watch.name).toContain(stand.meta.epoch);
});

test('with the detector off neither is noticed', async () => {
  await start({ detects: false });
  for (const [, change] of CHANGES) await change();
  await stand.pass(3 * CHECK_MS);
  expect(heard.map(([what]) => what)).toEqual(['first', 'found']);
});

test('who asks is told that the history surely is the same, or that it is not', async () => {
  await start();
  const [shard] = stand.shards.all;
  if (shard === undefined) throw new Error('no shard');
  expect(await watch.check(shard)).toBe(true);
  await redis.ask('DEL', partitionKeys(3).fence);
  expect(await watch.check(shard)).toBe(false);
  await isOpen();
  expect(await watch.check(shard)).toBe(true);
});

test('who asks while a look is on its way waits for one that began after the question', async () => {
  let looks = 0;
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await start({
    onTime: async () => {
      looks += 1;
      if (looks === 2) await held;
    },
  });
  const [shard] = stand.shards.all;
  if (shard === undefined) throw new Error('no shard');
  const first = watch.check(shard);
  await until(() => looks === 2);
  const later = [watch.check(shard), watch.check(shard)];
  await redis.ask('DEL', partitionKeys(3).fence);
  goOn();
  expect(await first).toBe(true);
  expect(await Promise.all(later)).toEqual([false, false]);
  expect(looks).toBe(2);
});

test('a writer whose deal with the change fails stays shut, and tries again', async () => {
  let failures = 0;
  await start({
    fences: fences(async () => {
      failures += 1;
      if (failures === 2) throw new Error('not yet');
    }),
  });
  const { name } = watch;
  await redis.ask('DEL', partitionKeys(3).fence);
  await stand.pass(CHECK_MS);
  expect(stand.shards.all[0]?.writer.up).toBe(false);
  expect(watch.name).toBe(name);
  await stand.pass(100);
  await isOpen();
  expect(heard.map(([what]) => what)).toEqual(['first', 'found', 'change', 'change', 'changed', 'before']);
});
