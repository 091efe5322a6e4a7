import { randomBytes } from 'node:crypto';
import { RedisDeadLetters } from '../../src/keepers/redis/redis-dead-letters.ts';
import { RedisQueue } from '../../src/keepers/redis/redis-queue.ts';
import type { RedisQueueOptions } from '../../src/keepers/redis/redis-queue.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import type { QueuesUnderTest } from '../contract/message-queue.ts';
import { openStores } from '../store/redis-support.ts';

export const nonce = (): string => randomBytes(8).readBigUInt64BE().toString();

/** A node's queues on a Redis, and what an operator sees of them. */
export async function openQueues(
  url: string,
  options: Partial<RedisQueueOptions> = {},
  settings: Partial<RedisSettings> = {},
): Promise<QueuesUnderTest> {
  const { store, recordCalls: calls } = await openStores(url, settings);
  const queue = new RedisQueue({
    calls,
    nonce,
    token: nonce(),
    leaseMs: 6000,
    bytesMax: 20_000,
    now: () => performance.now(),
    onGone: () => undefined,
    isFollowed: () => false,
    ...options,
  });
  return { queue, letters: new RedisDeadLetters({ calls, nonce }), close: () => store.close() };
}
