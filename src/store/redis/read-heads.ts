import type { ReadHeads } from './read-batch.ts';
import type { Session } from './session.ts';
import type { Shard } from './shard.ts';

type Groups = Parameters<ReadHeads>[0];
type Answer = Awaited<ReturnType<ReadHeads>>[number];

/** Reads groups of heads, all that one master has in one pipeline. @throws StoreUnavailable */
export async function readHeads(session: Session, groups: Groups): Promise<readonly Answer[]> {
  const byShard = new Map<Shard, number[]>();
  for (const [i, { partition }] of groups.entries()) {
    const shard = session.shards.of(partition);
    const indexes = byShard.get(shard);
    if (indexes === undefined) byShard.set(shard, [i]);
    else indexes.push(i);
  }
  const answers = Array.from<Answer>({ length: groups.length });
  await Promise.all(
    [...byShard.values()].map(async (indexes) => {
      const asked = indexes.map((i) => groups[i] as Groups[number]);
      const replies = await readTogether(session, asked);
      for (const [j, i] of indexes.entries()) answers[i] = replies[j] as Answer;
    }),
  );
  return answers;
}

function readTogether(session: Session, groups: Groups): Promise<readonly Answer[]> {
  const first = groups[0] as Groups[number];
  return session.call(first.partition, true, async (link) => {
    const pipeline = link.redis.pipeline();
    for (const { keys } of groups) pipeline.fcall_ro('sg1_read', keys.length, ...keys);
    const results = (await pipeline.exec()) ?? [];
    return results.map(([error, reply], i) => {
      if (error) throw error;
      const [now, ...texts] = reply as [number, ...(string | null)[]];
      session.answered(groups[i]?.partition ?? 0, now);
      return { now, texts };
    });
  });
}
