import { headKey, partitionKeys } from '../../keys.ts';
import { toldByHead } from '../../told-event.ts';
import type { Link } from '../connection/link.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Shards } from '../connection/shard.ts';
import { parseHead } from '../format/head.ts';
import type { Assurer } from './assurer.ts';
import type { GroupHeads, SubjectGroup } from './read-batch.ts';
import type { Recovery } from './recovery.ts';

/** By what heads are read, and who hears the store's time. */
export interface HeadReaders {
  readonly calls: PartitionCalls;
  readonly shards: Shards;
  readonly recovery: Recovery;
  /** Absent where what is read is told to nobody: while events are put back. */
  readonly assurer?: Assurer;
}

/** Reads groups of heads: in one pipeline where one master has all, else each on its own. @throws StoreUnavailable */
export async function readHeads(
  readers: HeadReaders,
  groups: readonly SubjectGroup[],
): Promise<readonly GroupHeads[]> {
  const { calls, shards } = readers;
  const first = groups[0];
  if (first === undefined) return [];
  const together = shards.all.length === 1 ? [groups] : groups.map((group) => [group]);
  const answers = await Promise.all(
    together.map((some) =>
      calls.call(some[0]?.partition ?? 0, true, (link) => readTogether(readers, link, some)),
    ),
  );
  return answers.flat();
}

async function readTogether(
  { recovery, assurer }: HeadReaders,
  link: Link,
  groups: readonly SubjectGroup[],
): Promise<readonly GroupHeads[]> {
  const pipeline = link.redis.pipeline();
  for (const group of groups) pipeline.fcall_ro(...readArguments(group));
  const answers = ((await pipeline.exec()) ?? []).map(([error, reply], i) => {
    if (error) throw error;
    return readAnswer(groups[i] as SubjectGroup, reply);
  });
  const heads = answers.flatMap((answer) => answer.heads).filter((head) => head !== null);
  await assurer?.assure(link, groups[0]?.partition ?? 0, heads.map(toldByHead));
  for (const [i, { now }] of answers.entries()) recovery.answered(groups[i]?.partition ?? 0, now);
  return answers;
}

/** The arguments of `sg3_read` (migrations/0001-event-store.lua). */
export function readArguments({
  partition,
  subjects,
}: SubjectGroup): readonly [name: string, keyCount: number, ...rest: string[]] {
  const keys = [partitionKeys(partition).log, ...subjects.map((subject) => headKey(partition, subject))];
  return ['sg3_read', keys.length, ...keys, ...subjects];
}

function readAnswer({ subjects }: SubjectGroup, reply: unknown): GroupHeads {
  const [now, ...texts] = reply as [number, ...(string | null)[]];
  return {
    now,
    heads: subjects.map((subject, i) => {
      const text = texts[i] ?? null;
      return text === null ? null : parseHead(subject, text);
    }),
  };
}
