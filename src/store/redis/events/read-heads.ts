import type { Redis } from 'ioredis';
import { headKey, partitionKeys } from '../../keys.ts';
import type { ReadHeads, SubjectGroup } from './read-batch.ts';
import type { Session } from './session.ts';

type Answer = Awaited<ReturnType<ReadHeads>>[number];

/** Reads groups of heads: in one pipeline where one master has all, else each on its own. @throws StoreUnavailable */
export async function readHeads(
  session: Session,
  groups: readonly SubjectGroup[],
): Promise<readonly Answer[]> {
  const first = groups[0];
  if (first === undefined) return [];
  if (session.shards.all.length === 1) {
    return session.call(first.partition, true, (link) => readTogether(session, link.redis, groups));
  }
  return Promise.all(
    groups.map((group) =>
      session.call(group.partition, true, async (link) => {
        const reply = await link.redis.fcall_ro(...readArguments(group));
        return answerOf(session, group.partition, reply);
      }),
    ),
  );
}

async function readTogether(
  session: Session,
  redis: Redis,
  groups: readonly SubjectGroup[],
): Promise<Answer[]> {
  const pipeline = redis.pipeline();
  for (const group of groups) pipeline.fcall_ro(...readArguments(group));
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply], i) => {
    if (error) throw error;
    return answerOf(session, groups[i]?.partition ?? 0, reply);
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

function answerOf(session: Session, partition: number, reply: unknown): Answer {
  const [now, ...texts] = reply as [number, ...(string | null)[]];
  session.answered(partition, now);
  return { now, texts };
}
