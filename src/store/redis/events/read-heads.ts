import { headKey, partitionKeys } from '../../keys.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { Shards } from '../connection/shard.ts';
import type { ReadHeads, SubjectGroup } from './read-batch.ts';
import type { Recovery } from './recovery.ts';

type Answer = Awaited<ReturnType<ReadHeads>>[number];

/** By what heads are read, and who hears the store's time. */
export interface HeadReaders {
  readonly calls: PartitionCalls;
  readonly shards: Shards;
  readonly recovery: Recovery;
}

/** Reads groups of heads: in one pipeline where one master has all, else each on its own. @throws StoreUnavailable */
export async function readHeads(
  readers: HeadReaders,
  groups: readonly SubjectGroup[],
): Promise<readonly Answer[]> {
  const { calls, shards, recovery } = readers;
  const first = groups[0];
  if (first === undefined) return [];
  if (shards.all.length === 1) {
    return calls.call(first.partition, true, (link) => readTogether(recovery, link.redis, groups));
  }
  return Promise.all(
    groups.map((group) =>
      calls.call(group.partition, true, async (link) => {
        const reply = await link.redis.fcall_ro(...readArguments(group));
        return answerOf(recovery, group.partition, reply);
      }),
    ),
  );
}

async function readTogether(
  recovery: Recovery,
  redis: RedisConnection,
  groups: readonly SubjectGroup[],
): Promise<Answer[]> {
  const pipeline = redis.pipeline();
  for (const group of groups) pipeline.fcall_ro(...readArguments(group));
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply], i) => {
    if (error) throw error;
    return answerOf(recovery, groups[i]?.partition ?? 0, reply);
  });
}

/** The arguments of `sg2_read` (migrations/0001-event-store.lua). */
export function readArguments({
  partition,
  subjects,
}: SubjectGroup): readonly [name: string, keyCount: number, ...rest: string[]] {
  const keys = [partitionKeys(partition).log, ...subjects.map((subject) => headKey(partition, subject))];
  return ['sg2_read', keys.length, ...keys, ...subjects];
}

function answerOf(recovery: Recovery, partition: number, reply: unknown): Answer {
  const [now, ...texts] = reply as [number, ...(string | null)[]];
  recovery.answered(partition, now);
  return { now, texts };
}
