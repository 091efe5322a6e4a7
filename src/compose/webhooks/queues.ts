import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { webhookSettings } from '../../config/rooms/webhooks.ts';
import { openFileDeadLetters, openFileQueue, queueFolder } from '../../keepers/file/open-queue.ts';
import { RedisDeadLetters } from '../../keepers/redis/redis-dead-letters.ts';
import { RedisQueue } from '../../keepers/redis/redis-queue.ts';
import { systemTime } from '../../time/system-time.ts';
import type { DeadLetters, MessageQueue } from '../../webhooks/message-queue.ts';
import { makeId, makeNonce } from '../randomness.ts';
import { openStores } from '../store/stores.ts';
import type { OpenStores } from '../store/stores.ts';
import type { Deliveries } from './deliveries.ts';

/** How long a receiver is one node's without a look, and how long that is relied on after the last one, in milliseconds. */
const LEASE_MS = 6000;
const TRUSTED_MS = 4000;

/** The queues of a gateway, and for how long a look at one makes it this node's, in milliseconds. */
export interface OpenQueue {
  readonly queue: MessageQueue;
  readonly trustedMs: number;
}

/** Opens the queues beside the stores. */
export async function openQueue(
  config: Config,
  { recordCalls: calls }: Pick<OpenStores, 'recordCalls'>,
  { onGone, isFollowed }: Pick<Deliveries, 'onGone' | 'isFollowed'>,
): Promise<OpenQueue> {
  const bounds = { bytesMax: webhookSettings(config).bytesMax, onGone, isFollowed };
  if (calls !== undefined) {
    const { now } = systemTime;
    const node = { token: makeId(), leaseMs: LEASE_MS, nonce: makeNonce, now };
    return { queue: new RedisQueue({ calls, ...node, ...bounds }), trustedMs: TRUSTED_MS };
  }
  const queue = await openFileQueue(folderOf(config), { now: systemTime.wallNow, ...bounds });
  return { queue, trustedMs: Number.POSITIVE_INFINITY };
}

/** Opens the queues to be looked at while a gateway runs or not; undefined where none are there yet. @throws StoreRefused */
export async function openDeadLetters(config: Config): Promise<DeadLetters | undefined> {
  if (config.storeKind === 'file') return await openFileDeadLetters(folderOf(config));
  const stores = await openStores(config);
  const { recordCalls: calls } = stores;
  if (calls === undefined) throw new Error('a Redis store without queues');
  const letters = new RedisDeadLetters({ calls, nonce: makeNonce });
  letters.close = () => stores.close();
  return letters;
}

function folderOf(config: Config): string {
  return queueFolder(resolve(config.SCANGATE_STORE.slice('file:'.length)));
}
