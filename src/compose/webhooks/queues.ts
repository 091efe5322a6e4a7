import { resolve } from 'node:path';
import { BadSetting } from '../../config/bad-setting.ts';
import type { Config } from '../../config/config.ts';
import { webhookSettings } from '../../config/rooms/webhooks.ts';
import { openFileDeadLetters, openFileQueue, queueFolder } from '../../keepers/file/open-queue.ts';
import { systemTime } from '../../time/system-time.ts';
import type { DeadLetters, MessageQueue } from '../../webhooks/message-queue.ts';
import type { Deliveries } from './deliveries.ts';

/** The queues of a gateway, and for how long a look at one makes it this node's, in milliseconds. */
export interface OpenQueue {
  readonly queue: MessageQueue;
  readonly trustedMs: number;
}

/** Opens the queues beside the stores. */
export async function openQueue(
  config: Config,
  { onGone, isFollowed }: Pick<Deliveries, 'onGone' | 'isFollowed'>,
): Promise<OpenQueue> {
  assertEmbedded(config);
  const { bytesMax } = webhookSettings(config);
  const queue = await openFileQueue(folderOf(config), {
    bytesMax,
    now: systemTime.wallNow,
    onGone,
    isFollowed,
  });
  return { queue, trustedMs: Number.POSITIVE_INFINITY };
}

/** Opens the queues to be looked at while a gateway runs or not; undefined where none are there yet. @throws StoreRefused */
export async function openDeadLetters(config: Config): Promise<DeadLetters | undefined> {
  assertEmbedded(config);
  return await openFileDeadLetters(folderOf(config));
}

function assertEmbedded({ storeKind }: Config): void {
  if (storeKind !== 'file') throw new BadSetting('SCANGATE_WEBHOOKS_FILE', 'takes the embedded store');
}

function folderOf(config: Config): string {
  return queueFolder(resolve(config.SCANGATE_STORE.slice('file:'.length)));
}
