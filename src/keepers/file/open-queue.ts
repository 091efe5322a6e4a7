import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEnvironment } from '../../store/file/disk/environment.ts';
import type { Environment } from '../../store/file/disk/environment.ts';
import { damageIn } from '../../store/file/disk/inspect.ts';
import { decoded, encoded } from '../../store/file/record.ts';
import { StoreRefused } from '../../store/refused.ts';
import type { DeadLetters } from '../../webhooks/message-queue.ts';
import { freeMinOf } from './disk-share.ts';
import { FileDeadLetters } from './file-dead-letters.ts';
import { FileQueue } from './file-queue.ts';
import type { FileQueueOptions } from './file-queue.ts';
import { QUEUE_FORMAT_KEY } from './queue-keys.ts';
import { ReplayWishes } from './replay-wishes.ts';

/** The format of keys and rows, as the file's first record names it. */
const FORMAT = 1;

/** The folder of the queues beside a file store. */
export function queueFolder(storeFolder: string): string {
  return join(storeFolder, 'webhooks');
}

/**
 * Opens, or makes, the queues in a folder. Whoever delivers from them sees to it that nobody else does.
 *
 * @throws {@link StoreRefused} with one line: it cannot be written, is damaged, or of a later release.
 */
export async function openFileQueue(
  folder: string,
  options: Omit<FileQueueOptions, 'freeMinOf' | 'wishes' | 'isFollowed'> & Partial<FileQueueOptions>,
): Promise<FileQueue> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreRefused(`the folder of the webhooks cannot be made: ${String(error)}`, { cause: error });
  }
  const damage = damageIn(join(folder, 'data.mdb'));
  if (damage !== undefined)
    throw new StoreRefused(`the file of the webhooks is damaged (${damage}): ${folder}`);
  const environment = openEnvironment(folder);
  if (environment.get(QUEUE_FORMAT_KEY) === undefined)
    await environment.write([{ key: QUEUE_FORMAT_KEY, value: encoded([FORMAT]) }]);
  await checkFormat(environment);
  const queue = new FileQueue(environment, {
    freeMinOf,
    isFollowed: () => false,
    wishes: new ReplayWishes(folder),
    ...options,
  });
  await queue.forgetIdle();
  return queue;
}

/** Opens queues to be looked at while a gateway runs or not; undefined where there are none yet. @throws {@link StoreRefused} */
export async function openFileDeadLetters(folder: string): Promise<DeadLetters | undefined> {
  if (!existsSync(join(folder, 'data.mdb'))) return undefined;
  const environment = openEnvironment(folder);
  await checkFormat(environment);
  return new FileDeadLetters(environment, new ReplayWishes(folder));
}

async function checkFormat(environment: Environment): Promise<void> {
  const format = environment.get(QUEUE_FORMAT_KEY);
  const [found] = format === undefined ? [FORMAT] : (decoded(format).fields as readonly number[]);
  if (found === FORMAT) return;
  await environment.close();
  throw new StoreRefused(`the file of the webhooks has format ${found}; this release knows ${FORMAT}`);
}
