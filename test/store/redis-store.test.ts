import { afterAll, beforeAll } from '@jest/globals';
import { eventStoreContract } from '../contract/event-store.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { storeUnderTest } from './redis-support.ts';

let own: Redis;

beforeAll(async () => {
  own = await startRedis();
});

afterAll(async () => {
  await own.stop();
});

eventStoreContract('The Redis store', async (settings) => {
  // A contract may open a second store while the first is open.
  const server = used ? await startRedis() : own;
  used = true;
  const world = await storeUnderTest(server.port, settings);
  return {
    ...world,
    close: async () => {
      await world.close();
      if (server !== own) await server.stop();
    },
  };
});
let used = false;
