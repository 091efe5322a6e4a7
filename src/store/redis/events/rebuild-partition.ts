import { isFinal } from '../../../ticket/ticket.ts';
import { NewerSchema } from '../../codec.ts';
import type { Head, StoredEvent } from '../../event-store.ts';
import { foldTicket } from '../../fold.ts';
import { headKey, partitionKeys } from '../../keys.ts';
import type { RebuildReport } from '../../rebuild.ts';
import { kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { formatHead, formatKept, timesOf } from '../format/head.ts';
import { parseEntry } from '../format/log-entry.ts';
import { endOfHead, rebuildArguments } from '../format/rebuild-call.ts';
import type { Refolded } from '../format/rebuild-call.ts';
import { readArguments } from './read-heads.ts';
import { HISTORY_COUNT_MAX } from './subject-log.ts';

/** Pages of the log between two words of how far it is. */
const PAGES_A_WORD = 50;

/** What `sg3_rebuild` says where the log, or the fence, is no longer what the folded head was read under. */
const LOG_WENT_ON = -1;

/** Tickets whose heads one call compares, or puts back. */
const TICKETS_AT_ONCE = 500;

/** A report that still grows. */
export type Counts = { -readonly [K in Exclude<keyof RebuildReport, 'different'>]: number } & {
  readonly different: Subject[];
};

/** A ticket as far as the log was read, oldest event first. */
interface Logged {
  readonly subject: Subject;
  /** The stream id of its first entry. */
  readonly entryId: string;
  readonly events: StoredEvent[];
}

/** What a ticket's head should be. */
interface Expected extends Refolded {
  /** As the functions keep nearly all of them: without the row that the first entry has anyway. */
  readonly kept: string;
}

/** The partition whose tickets are folded, and how long a head outlives its ticket's end, in milliseconds. */
export interface PartitionToRebuild {
  readonly calls: PartitionCalls;
  readonly partition: number;
  readonly historyMs: number;
  /** The token of the partition's fence. */
  readonly token: string;
  /** Folds one ticket by itself: see `SubjectLog.rebuild`. */
  readonly rebuild: (subject: Subject) => Promise<Head | null>;
}

/** What is known of one partition's rebuild while it runs. */
interface Work extends PartitionToRebuild {
  readonly counts: Counts;
  /** Heads to be put back once the whole log was read. */
  readonly missing: Expected[];
}

/**
 * Folds the tickets of one partition. Those that a page of the log ends are compared while the next one is read, and
 * forgotten.
 */
export async function rebuildPartition(
  source: PartitionToRebuild,
  counts: Counts,
  onProgress: () => void,
): Promise<void> {
  const work: Work = { ...source, counts, missing: [] };
  const open = new Map<Subject, Logged>();
  let seen = '0-0';
  let comparing = Promise.resolve();
  let pages = 0;
  for await (const page of pagesOf(source)) {
    const ended: Logged[] = [];
    for (const [entryId, fields] of page) {
      const { event } = parseEntry(fields[1] as string);
      if (kindOf(event.subject) !== 'ticket') continue;
      counts.events += 1;
      const ticket = open.get(event.subject) ?? addTicket(open, event.subject, entryId);
      ticket.events.push(event);
      // An event that ends a ticket has the name of the status that it leads to.
      if (isFinal(event.type) && open.delete(event.subject)) ended.push(ticket);
    }
    seen = page.at(-1)?.[0] ?? seen;
    await comparing;
    comparing = compareAll(work, ended);
    comparing.catch(() => undefined);
    if (++pages % PAGES_A_WORD === 0) onProgress();
  }
  await comparing;
  await compareAll(work, [...open.values()]);
  for (const missing of inParts(work.missing)) await putBack(work, seen, missing);
  onProgress();
}

function addTicket(open: Map<Subject, Logged>, subject: Subject, entryId: string): Logged {
  const ticket = { subject, entryId, events: [] };
  open.set(subject, ticket);
  return ticket;
}

type Page = readonly (readonly [entryId: string, fields: readonly string[]])[];

/** A partition's log from its beginning; the next page is on its way while one is looked at. */
async function* pagesOf({ calls, partition }: PartitionToRebuild): AsyncGenerator<Page> {
  const { log } = partitionKeys(partition);
  const after = (entryId: string): Promise<Page> =>
    calls.callOn(
      (shard) => shard.control,
      partition,
      true,
      ({ redis }) => redis.xrange(log, `(${entryId}`, '+', 'COUNT', HISTORY_COUNT_MAX),
    );
  let coming: Promise<Page> | undefined = after('0-0');
  while (coming !== undefined) {
    const page: Page = await coming;
    const last = page.length < HISTORY_COUNT_MAX ? undefined : page.at(-1);
    coming = last === undefined ? undefined : after(last[0]);
    coming?.catch(() => undefined);
    yield page;
  }
}

function* inParts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += TICKETS_AT_ONCE)
    yield all.slice(from, from + TICKETS_AT_ONCE);
}

/** Folds a ticket; undefined where the log does not have its beginning, or has an event of a later release. */
function expect({ subject, entryId, events }: Logged, counts: Counts): Expected | undefined {
  try {
    const ticket = foldTicket(events);
    if (ticket === undefined) return undefined;
    counts.tickets += 1;
    const times = timesOf(events);
    const kept = formatKept(times, ticket, entryId, events[0]?.data ?? '');
    return { subject, entryId, times, folded: ticket.folded, kept };
  } catch (error) {
    if (!(error instanceof NewerSchema)) throw error;
    counts.newer += 1;
    return undefined;
  }
}

async function compareAll(work: Work, tickets: readonly Logged[]): Promise<void> {
  for (const some of inParts(tickets)) await compare(work, some);
}

/** Holds tickets against their heads: all as they are kept, and those that are not so as they are answered. */
async function compare(work: Work, tickets: readonly Logged[]): Promise<void> {
  const { calls, partition, counts } = work;
  const keys = tickets.map(({ subject }) => headKey(partition, subject));
  const kept = await calls.call(partition, true, ({ redis }) => redis.mget(keys));
  const others: Expected[] = [];
  for (const [index, ticket] of tickets.entries()) {
    const expected = expect(ticket, counts);
    if (expected === undefined) continue;
    if (expected.kept === kept[index]) counts.equal += 1;
    else others.push(expected);
  }
  if (others.length > 0) await compareWhole(work, others);
}

async function compareWhole(
  { calls, historyMs, partition, counts, missing }: Work,
  others: readonly Expected[],
): Promise<void> {
  const call = readArguments({ partition, subjects: others.map(({ subject }) => subject) });
  const reply = await calls.call(partition, true, ({ redis }) => redis.fcall_ro(...call));
  const [now, , ...heads] = reply as [number, string | null, ...(string | null)[]];
  for (const [index, one] of others.entries()) {
    const { subject, times, folded } = one;
    const head = heads[index] ?? null;
    const text = formatHead(times, folded);
    if (head === text) counts.equal += 1;
    else if (head !== null && !isLater(head, text)) counts.different.push(subject);
    else if (head === null && endOfHead(times, folded.final, historyMs) > now) missing.push(one);
    else if (head === null) counts.over += 1;
  }
}

// A head of a later version than what was read is of an event that came meanwhile.
function isLater(head: string, expected: string): boolean {
  const version = (text: string): number => Number(text.split(' ', 2)[1]);
  return version(head) > version(expected);
}

async function putBack(
  { calls, historyMs, partition, counts, token, rebuild }: Work,
  seen: string,
  missing: readonly Expected[],
): Promise<void> {
  const replies = await calls.call(partition, true, async ({ redis }) => {
    const pipeline = redis.pipeline();
    for (const one of missing) {
      pipeline.fcall(...rebuildArguments({ partition, seen, token }, one, historyMs));
    }
    return (await pipeline.exec()) ?? [];
  });
  const failed = replies.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
  for (const [index, [, put]] of replies.entries()) {
    const left = put === LOG_WENT_ON ? missing[index] : undefined;
    if (put === 1 || (left && (await rebuild(left.subject)) !== null)) counts.rebuilt += 1;
  }
}
