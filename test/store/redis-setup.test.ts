import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { migrateStore } from '../../src/compose/migration.ts';
import { META_KEY } from '../../src/store/keys.ts';
import { liveAddress, parseRedisAddress } from '../../src/store/redis/connection/address.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

let redis: Redis;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  await redis.ask('FUNCTION', 'FLUSH');
  await redis.ask('FLUSHALL');
});

describe('npm run migrate', () => {
  test('sets a store up, says so, and finds nothing to do the second time', async () => {
    expect(await migrateStore(redis.url)).toEqual([
      '0001-event-store.lua: loaded scangate_v3',
      '0002-ledger.lua: loaded scangate_ledger_v1',
      'format 2, 16 partitions, migration 2',
    ]);
    const meta = await redis.ask('HGETALL', META_KEY);
    expect(await migrateStore(redis.url)).toEqual([
      '0001-event-store.lua: was there',
      '0002-ledger.lua: was there',
      'format 2, 16 partitions, migration 2',
    ]);
    expect(await redis.ask('HGETALL', META_KEY)).toEqual(meta);
  });

  test('runs from many nodes at once, with one epoch in the end', async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => migrateStore(redis.url)));
    expect(runs.filter((lines) => lines[0]?.endsWith('loaded scangate_v3'))).toHaveLength(1);
    expect(await redis.ask('EXISTS', '{sg}migrating')).toBe(0);
  });

  test('leaves a file store alone', async () => {
    expect(await migrateStore('file:.scangate')).toHaveLength(1);
  });
});

describe('a store that must not be used is refused in one line', () => {
  async function refusal(opening: Promise<unknown>): Promise<string> {
    const message = await opening.then(
      () => 'it opened',
      (error: Error) => error.message,
    );
    expect(message).not.toContain('\n');
    return message;
  }

  test('a server that may throw data away', async () => {
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      expect(await refusal(openStores(redis.url))).toMatch(/allkeys-lru.*noeviction/);
    } finally {
      await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
  });

  test('another number of partitions', async () => {
    await migrateStore(redis.url);
    expect(await refusal(openStores(redis.url, { partitions: 8 }))).toBe(
      'the store has 16 partitions, and 8 were asked for',
    );
  });

  test('another format', async () => {
    await migrateStore(redis.url);
    await redis.ask('HSET', META_KEY, 'format', '1');
    expect(await refusal(openStores(redis.url))).toMatch(/format 1.*format 2/);
  });

  test('one that was never set up, when the node may not', async () => {
    expect(await refusal(openStores(redis.url, {}, { migrate: false }))).toMatch(/npm run migrate/);
    await migrateStore(redis.url);
    const { store } = await openStores(redis.url, {}, { migrate: false });
    await store.close();
  });

  test('a database that the server does not have', async () => {
    expect(await refusal(openStores(`redis://127.0.0.1:${redis.port}/99`))).toMatch(/out of range/);
  });

  test('nobody there', async () => {
    const start = Date.now();
    expect(await refusal(openStores('redis://127.0.0.1:1', { callTimeoutMs: 500 }))).toMatch(/ECONNREFUSED/);
    expect(Date.now() - start).toBeLessThan(15_000);
  });

  test('a wrong password', async () => {
    await redis.ask('CONFIG', 'SET', 'requirepass', 'secret');
    try {
      const url = `redis://:wrong-one@127.0.0.1:${redis.port}`;
      const message = await refusal(openStores(url, { callTimeoutMs: 500 }));
      expect(message).toMatch(/WRONGPASS|NOAUTH/);
      expect(message).not.toContain('wrong-one');
      const { store } = await openStores(`redis://:secret@127.0.0.1:${redis.port}`);
      await store.close();
    } finally {
      const url = `redis://:secret@127.0.0.1:${redis.port}`;
      const { Redis: Client } = await import('ioredis');
      const client = new Client(url);
      await client.config('SET', 'requirepass', '');
      client.disconnect();
    }
  });
});

describe('addresses', () => {
  test.each([
    [
      'redis://localhost',
      { kind: 'single', endpoints: [{ host: 'localhost', port: 6379 }], tls: false, db: 0 },
    ],
    [
      'rediss://ann:p%40ss@r.example:7000/3',
      {
        kind: 'single',
        endpoints: [{ host: 'r.example', port: 7000 }],
        tls: true,
        db: 3,
        username: 'ann',
        password: 'p@ss',
      },
    ],
    [
      'redis+sentinel://:pw@a:26379,b,[::1]:5/main?sentinel_password=s',
      {
        kind: 'sentinel',
        endpoints: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26379 },
          { host: '::1', port: 5 },
        ],
        tls: false,
        db: 0,
        masterName: 'main',
        password: 'pw',
        sentinelPassword: 's',
      },
    ],
    [
      'redis+cluster://a:1,b:2',
      {
        kind: 'cluster',
        endpoints: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        tls: false,
        db: 0,
      },
    ],
  ])('%s', (url, address) => {
    expect(parseRedisAddress(url)).toEqual(address);
  });

  test.each([
    'http://x',
    'redis://',
    'redis://a,b',
    'redis://a:0',
    'redis://a:65536',
    'redis://a/x',
    'redis+sentinel://a',
    'redis+cluster://a/3',
    'redis://u:secret@a:b',
    'redis://u:secret/x@a',
    'redis://u:12/secret@a',
    'redis://u:%secret@a',
    'redis+sentinel://u:12/secret@a/main',
  ])('%s is refused without its password', (url) => {
    expect(() => parseRedisAddress(url)).toThrow(/^(?!.*secret).+$/);
  });

  test('of texts that are no address, a live one takes nothing', () => {
    let text = 'redis://u:one@a';
    const address = liveAddress(text, () => text);
    text = 'redis://u:two/x@a';
    expect(address.password).toBe('one');
    text = 'redis://u:two%2Fx@a';
    expect(address.password).toBe('two/x');
    text = 'redis://u:%zz@a';
    expect(address.password).toBe('two/x');
  });
});
