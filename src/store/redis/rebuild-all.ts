import { NewerSchema } from '../codec.ts';
import { MOMENTS_MAX } from '../event-store.ts';
import type { Moment, StoredEvent } from '../event-store.ts';
import { evolveStored, foldedTicket } from '../fold.ts';
import { headKey, partitionKeys } from '../keys.ts';
import type { RebuildReport } from '../rebuild.ts';
import type { Ticket } from '../../ticket/ticket.ts';
import { kindOf } from '../subject.ts';
import type { Subject } from '../subject.ts';
import { formatHead } from './head-format.ts';
import { parseEntry } from './log-entry.ts';
import type { Session } from './session.ts';
import { HISTORY_COUNT_MAX } from './settings.ts';

/** Partitions that are folded beside each other: one waits for Redis while another is read. */
const PARTITIONS_AT_ONCE = 4;

/** Heads that one call compares, or puts back. */
const HEADS_AT_ONCE = 500;

interface Counts {
  events: number;
  tickets: number;
  equal: number;
  rebuilt: number;
  over: number;
  newer: number;
  readonly different: Subject[];
}

/** What a ticket's events have added up to so far; undefined once one of them is of a later release. */
interface Growing {
  readonly first: number;
  ticket: Ticket | undefined;
  version: number;
  /** The last {@link MOMENTS_MAX} of them. */
  readonly moments: Moment[];
}

/** A head as the log adds up to, and what putting it back needs. */
interface Expected {
  readonly subject: Subject;
  readonly text: string;
  readonly final: boolean;
  readonly deadline: number;
  /** The instant at which the head ends. */
  readonly ends: number;
}

/**
 * Folds every ticket of the log, partition by partition, and holds it against its head. A missing head is put back; one
 * that differs is only told.
 */
export async function rebuildAll(
  session: Session,
  onProgress: (report: RebuildReport) => void,
): Promise<RebuildReport> {
  const counts: Counts = { events: 0, tickets: 0, equal: 0, rebuilt: 0, over: 0, newer: 0, different: [] };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let partition = next++; partition < session.partitions; partition = next++) {
      const { growing, seen } = await foldPartition(session, partition, counts);
      const expected = [...growing].flatMap(([subject, one]) => expectedHead(session, subject, one, counts));
      for (let from = 0; from < expected.length; from += HEADS_AT_ONCE) {
        await compare(session, partition, seen, expected.slice(from, from + HEADS_AT_ONCE), counts);
      }
      onProgress({ ...counts });
    }
  };
  await Promise.all(Array.from({ length: PARTITIONS_AT_ONCE }, work));
  return counts;
}

async function foldPartition(
  session: Session,
  partition: number,
  counts: Counts,
): Promise<{ readonly growing: ReadonlyMap<Subject, Growing>; readonly seen: string }> {
  const { log } = partitionKeys(partition);
  const growing = new Map<Subject, Growing>();
  const after = (id: string): Promise<readonly (readonly [id: string, fields: string[]])[]> =>
    session.callOn(
      (shard) => shard.control,
      partition,
      true,
      ({ redis }) => redis.xrange(log, `(${id}`, '+', 'COUNT', HISTORY_COUNT_MAX),
    );
  let seen = '0-0';
  for (let page = await after(seen); ;) {
    seen = page.at(-1)?.[0] ?? seen;
    const next = page.length < HISTORY_COUNT_MAX ? undefined : after(seen);
    for (const [, fields] of page) {
      const { event } = parseEntry(fields[1] as string);
      if (kindOf(event.subject) === 'ticket') grow(growing, event, counts);
    }
    if (next === undefined) return { growing, seen };
    page = await next;
  }
}

function grow(growing: Map<Subject, Growing>, event: StoredEvent, counts: Counts): void {
  counts.events += 1;
  let one = growing.get(event.subject);
  if (one === undefined) {
    if (event.version !== 1) return;
    one = { first: event.at, ticket: undefined, version: 0, moments: [] };
    growing.set(event.subject, one);
  } else if (one.ticket === undefined) return;
  try {
    one.ticket = evolveStored(one.ticket, event);
  } catch (error) {
    if (!(error instanceof NewerSchema)) throw error;
    counts.newer += 1;
    one.ticket = undefined;
  }
  one.version = event.version;
  one.moments.push({ id: event.id, at: event.at, deadline: event.deadline });
  if (one.moments.length > MOMENTS_MAX) one.moments.shift();
}

function expectedHead(session: Session, subject: Subject, one: Growing, counts: Counts): readonly Expected[] {
  const { ticket, moments } = one;
  const last = moments.at(-1);
  if (ticket === undefined || last === undefined) return [];
  counts.tickets += 1;
  const folded = foldedTicket(ticket);
  const ends = (folded.final ? last.at : last.deadline) + session.settings.historyMs;
  return [{ subject, text: formatHead(one, folded), final: folded.final, deadline: last.deadline, ends }];
}

async function compare(
  session: Session,
  partition: number,
  seen: string,
  expected: readonly Expected[],
  counts: Counts,
): Promise<void> {
  const keys = expected.map(({ subject }) => headKey(partition, subject));
  const [now, ...heads] = (await session.call(partition, true, ({ redis }) =>
    redis.fcall('sg1_read', keys.length, ...keys),
  )) as [number, ...(string | null)[]];
  const missing: Expected[] = [];
  for (const [index, head] of expected.entries()) {
    const stands = heads[index] ?? null;
    if (stands === head.text) counts.equal += 1;
    else if (stands === null && head.ends <= now) counts.over += 1;
    else if (stands === null) missing.push(head);
    else if (!isLater(stands, head.text)) counts.different.push(head.subject);
  }
  const put = missing.length === 0 ? 0 : await putBack(session, partition, seen, missing);
  counts.rebuilt += put;
}

// A head of a later version than what was read is of an event that came meanwhile.
function isLater(stands: string, expected: string): boolean {
  const version = (text: string): number => Number(text.split(' ', 2)[1]);
  return version(stands) > version(expected);
}

async function putBack(
  session: Session,
  partition: number,
  seen: string,
  missing: readonly Expected[],
): Promise<number> {
  const { log, due } = partitionKeys(partition);
  const replies = await session.call(partition, true, async ({ redis }) => {
    const pipeline = redis.pipeline();
    for (const { subject, ends, deadline, final, text } of missing) {
      const keys = [log, due, headKey(partition, subject)];
      pipeline.fcall('sg1_rebuild', 3, ...keys, subject, seen, ends, deadline, final ? 1 : 0, text);
    }
    return (await pipeline.exec()) ?? [];
  });
  const failed = replies.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
  return replies.filter(([, put]) => put === 1).length;
}
