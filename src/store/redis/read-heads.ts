import type { Redis } from 'ioredis';
import type { ReadHeads } from './read-batch.ts';
import type { Session } from './session.ts';

type Groups = Parameters<ReadHeads>[0];
type Answer = Awaited<ReturnType<ReadHeads>>[number];

/** Reads groups of heads: in one pipeline where one master has all, else each on its own. @throws StoreUnavailable */
export async function readHeads(session: Session, groups: Groups): Promise<readonly Answer[]> {
  const first = groups[0];
  if (first === undefined) return [];
  if (session.shards.all.length === 1) {
    return session.call(first.partition, true, (link) => readTogether(session, link.redis, groups));
  }
  return Promise.all(
    groups.map(({ partition, keys }) =>
      session.call(partition, true, async (link) => {
        const reply = await link.redis.fcall_ro('sg1_read', keys.length, ...keys);
        return answerOf(session, partition, reply);
      }),
    ),
  );
}

async function readTogether(session: Session, redis: Redis, groups: Groups): Promise<Answer[]> {
  const pipeline = redis.pipeline();
  for (const { keys } of groups) pipeline.fcall_ro('sg1_read', keys.length, ...keys);
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply], i) => {
    if (error) throw error;
    return answerOf(session, groups[i]?.partition ?? 0, reply);
  });
}

function answerOf(session: Session, partition: number, reply: unknown): Answer {
  const [now, ...texts] = reply as [number, ...(string | null)[]];
  session.answered(partition, now);
  return { now, texts };
}
