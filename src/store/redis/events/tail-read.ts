import { partitionKeys } from '../../keys.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import { verdictOf } from '../connection/reply-error.ts';
import { FIRST_ID } from '../format/stream-id.ts';

/** The longest that one XREAD waits at the server; a socket that is silent for much longer counts as dead. */
const TAIL_BLOCK_MS = 1_000;

/** Entries that one read of the tail may bring for each partition. */
const TAIL_COUNT_MAX = 500;

/** New entries of one partition's log. */
export interface Entries {
  readonly partition: number;
  /** The packed field of each entry, in order. */
  readonly texts: readonly string[];
  /** The id of the last one. */
  readonly last: string;
}

type Place = readonly [partition: number, after: string];
type StreamReply = readonly [key: string, entries: readonly (readonly [id: string, fields: string[]])[]];

/**
 * Reads what came after each place: together in one call that waits at the server, or partition by partition without
 * waiting. `full` says that there is more already.
 */
export async function readTail(
  redis: RedisConnection,
  places: readonly Place[],
  together: boolean,
): Promise<{ readonly entries: readonly Entries[]; readonly full: boolean }> {
  const replies = together ? await waitForAll(redis, places) : await lookAtEach(redis, places);
  const byKey = new Map(places.map(([partition]) => [partitionKeys(partition).log, partition]));
  const entries = replies.map(([key, list]): Entries => ({
    partition: byKey.get(key) as number,
    texts: list.map(([, fields]) => fields[1] as string),
    last: (list[list.length - 1] as readonly [string, unknown])[0],
  }));
  return { entries, full: entries.some(({ texts }) => texts.length >= TAIL_COUNT_MAX) };
}

async function waitForAll(redis: RedisConnection, places: readonly Place[]): Promise<readonly StreamReply[]> {
  const keys = places.map(([partition]) => partitionKeys(partition).log);
  const ids = places.map(([, after]) => after);
  const reply = await redis.xread(
    'COUNT',
    TAIL_COUNT_MAX,
    'BLOCK',
    TAIL_BLOCK_MS,
    'STREAMS',
    ...keys,
    ...ids,
  );
  return reply ?? [];
}

async function lookAtEach(redis: RedisConnection, places: readonly Place[]): Promise<readonly StreamReply[]> {
  const pipeline = redis.pipeline();
  for (const [partition, after] of places) {
    pipeline.xread('COUNT', TAIL_COUNT_MAX, 'STREAMS', partitionKeys(partition).log, after);
  }
  const answers = (await pipeline.exec()) ?? [];
  return answers.flatMap(([error, reply]) => {
    if (error && verdictOf(error) !== 'moved') throw error;
    return (reply ?? []) as readonly StreamReply[];
  });
}

/** The newest ids of some partitions' logs. A partition that this server does not have counts as empty. */
export async function newestIds(redis: RedisConnection, partitions: readonly number[]): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) pipeline.xrevrange(partitionKeys(partition).log, '+', '-', 'COUNT', 1);
  const answers = (await pipeline.exec()) ?? [];
  return answers.map(([error, entries]) => {
    if (error && verdictOf(error) !== 'moved') throw error;
    return (entries as [string, unknown][] | undefined)?.[0]?.[0] ?? FIRST_ID;
  });
}
