import type { Redis } from 'ioredis';
import { partitionKeys } from '../../keys.ts';
import { verdictOf } from '../connection/reply-error.ts';

/** The id before every other. */
export const FIRST_ID = '0-0';

/** The newest ids of some partitions' logs. A partition that this server does not have counts as empty. */
export async function newestIds(redis: Redis, partitions: readonly number[]): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) pipeline.xrevrange(partitionKeys(partition).log, '+', '-', 'COUNT', 1);
  const answers = (await pipeline.exec()) ?? [];
  return answers.map(([error, entries]) => {
    if (error && verdictOf(error) !== 'moved') throw error;
    return (entries as [string, unknown][] | undefined)?.[0]?.[0] ?? FIRST_ID;
  });
}

/** An id that is some time before another one. */
export function rewoundId(id: string, ms: number): string {
  return `${Math.max(0, timeOfId(id) - ms)}-0`;
}

/** Of two ids the one that comes first. */
export function earlierId(a: string, b: string): string {
  const byTime = timeOfId(a) - timeOfId(b);
  const bySequence = Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1));
  return byTime < 0 || (byTime === 0 && bySequence < 0) ? a : b;
}

/** When the server gave an id, in milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}
