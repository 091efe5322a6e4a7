import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RedisArchive } from '../../src/keepers/redis/redis-archive.ts';
import { search } from '../../src/record/search/search.ts';
import { archiveContract, entry, writer } from '../contract/archive.ts';
import { openStores } from '../store/redis-support.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';

let redis: Redis;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.stop();
});

async function open(
  database: number,
  bytesMax: number,
  onDropped: (count: number) => void = () => undefined,
) {
  const { store, recordCalls: calls } = await openStores(redis.database(database));
  const archive = new RedisArchive({ calls, now: () => performance.now(), bytesMax, onDropped });
  archive.close = () => store.close();
  return archive;
}

describe('the archive on Redis', () => {
  archiveContract(() => open(0, 10_000_000));

  test('lets the oldest go where more bytes are held than may be, and says how many', async () => {
    let dropped = 0;
    const archive = await open(1, 100_000, (count) => (dropped += count));
    for (let at = 0; at < 600; at += 50)
      await writer(archive).add(Array.from({ length: 50 }, (_, index) => entry(at + index)));
    const { events } = await search(archive, { newestFirst: false, limit: 1000 });
    expect(dropped).toBeGreaterThan(0);
    expect(events).toHaveLength(600 - dropped);
    expect(events.at(-1)?.cursor).toBe('1-599');
    await archive.close();
  });

  test('takes nothing where the memory is needed for sign-ins, and lets the oldest go', async () => {
    let dropped = 0;
    const archive = await open(2, 10_000_000, (count) => (dropped += count));
    await writer(archive).add(Array.from({ length: 30 }, (_, index) => entry(index)));
    await archive.close();
    const again = await open(2, 10_000_000, (count) => (dropped += count));
    await redis.ask('CONFIG', 'SET', 'maxmemory', 1_000_000);
    await expect(writer(again).add([entry(100)])).rejects.toThrow('for sign-ins');
    await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
    expect(dropped).toBe(30);
    await writer(again).add([entry(100)]);
    expect(await again.find({ limit: 10 })).toHaveLength(1);
    await again.close();
  });
});
