import { afterAll, beforeAll } from '@jest/globals';
import { ledgerContract } from '../contract/ledger.ts';
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

ledgerContract('The Redis ledger', async () => {
  const opened = [await openStores(redis.url), await openStores(redis.url)];
  return {
    ledger: opened[0]!.ledger,
    openAgain: () => Promise.resolve(opened[1]!.ledger),
    close: async () => {
      for (const { store } of opened) await store.close();
    },
  };
});
