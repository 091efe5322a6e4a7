import { headKey, partitionKeys } from '../../keys.ts';
import { toldByHead } from '../../told-event.ts';
import { fencedOff } from '../connection/fenced-off.ts';
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
  const tokens = groups.map(({ partition }) => recovery.tokenOf(partition));
  for (const group of groups) pipeline.fcall_ro(...readArguments(group));
  const answers = ((await pipeline.exec()) ?? []).map(([error, reply], i) => {
    if (error) throw error;
    const group = groups[i] as SubjectGroup;
    const answer = readAnswer(group, reply);
    const [sent, known] = [tokens[i] ?? '', recovery.tokenOf(group.partition)];
    if (answer.token !== sent) throw fencedOff(link, { sent, known, found: answer.token });
    return answer;
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
  const { log, fence } = partitionKeys(partition);
  const keys = [log, fence, ...subjects.map((subject) => headKey(partition, subject))];
  return ['sg3_read', keys.length, ...keys, ...subjects];
}

function readAnswer({ subjects }: SubjectGroup, reply: unknown): GroupHeads & { readonly token: string } {
  const [now, token, ...texts] = reply as [number, string | null | undefined, ...(string | null)[]];
  return {
    now,
    token: token ?? '',
    heads: subjects.map((subject, i) => {
      const text = texts[i] ?? null;
      return text === null ? null : parseHead(subject, text);
    }),
  };
}
