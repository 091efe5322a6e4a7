import { versionOf } from '../../ticket/cursor.ts';
import type { Life } from '../../ticket/life.ts';
import { MOMENTS_MAX, cursorOfHead, deadlineOf, lastMoment } from '../event-store.ts';
import type { Append, AppendResult, Head, Moment } from '../event-store.ts';
import type { Subject } from '../subject.ts';
import { ageKey, agendaKey, headKey, logKey } from './keys.ts';
import { encodedEvent, encodedHead, eventOf, headOf } from './record.ts';
import type { Draft } from './draft.ts';
import type { FileOutbox } from './outbox.ts';
import type { Turn } from './writer.ts';

/** How long the store remembers, and what its log still holds. */
export interface AppendContext {
  readonly historyMs: number;
  /** Whether the log still holds anything of a subject. */
  readonly hasLog: (subject: Subject) => boolean;
  /** Where each event is kept for the one reader that must see all. Absent: there is none. */
  readonly outbox?: Pick<FileOutbox, 'keep'> | undefined;
}

/** Checks a whole batch, and writes it where all of it may be: the promises stand at the port. */
export function appendBatch(turn: Turn, batch: readonly Append[], context: AppendContext): AppendResult {
  const { draft, now } = turn;
  const heads = batch.map(({ subject }) => livingHead(draft, subject, now, context.historyMs));
  const written = batch.map((append, index) => momentOf(draft, append, heads[index] ?? null));
  if (written.every((moment) => moment !== undefined)) return { outcome: 'already', now, moments: written };
  for (const [index, append] of batch.entries()) {
    const head = heads[index] ?? null;
    const outcome =
      written[index] === undefined ? refusal(append, head, now, context.hasLog) : ('conflict' as const);
    if (outcome !== undefined) return { outcome, now, index, head };
  }
  const moments = batch.map((append, index) => writeOne(turn, append, heads[index] ?? null, context.outbox));
  return { outcome: 'appended', now, moments };
}

/** A subject's head, unless its time is over. */
export function livingHead(
  draft: Pick<Draft, 'get'>,
  subject: Subject,
  now: number,
  historyMs: number,
): Head | null {
  const record = draft.get(headKey(subject));
  if (record === undefined) return null;
  const head = headOf(subject, record);
  return now < deadlineOf(head) + historyMs ? head : null;
}

function momentOf(draft: Draft, append: Append, head: Head | null): Moment | undefined {
  const { id } = append.event;
  if (head !== null) return head.moments.find((moment) => moment.id === id);
  if (append.expected !== null) return undefined;
  const record = draft.get(logKey(append.subject, 1));
  const event = record === undefined ? undefined : eventOf(append.subject, record);
  return event?.id === id ? { id, at: event.at, deadline: event.deadline } : undefined;
}

function refusal(
  append: Append,
  head: Head | null,
  now: number,
  hasLog: AppendContext['hasLog'],
): 'conflict' | 'late' | 'early' | 'missing' | undefined {
  if (head === null) {
    if (append.expected !== null) return 'missing';
    return hasLog(append.subject) ? 'conflict' : undefined;
  }
  if (head.final || append.expected !== cursorOfHead(head)) return 'conflict';
  if (append.when === 'before' && now >= deadlineOf(head)) return 'late';
  if (append.when === 'after' && now < deadlineOf(head)) return 'early';
  return undefined;
}

function writeOne(
  { draft, now, moved }: Turn,
  append: Append,
  head: Head | null,
  outbox: AppendContext['outbox'],
): Moment {
  const { subject, event } = append;
  const last = head === null ? undefined : lastMoment(head);
  const at = Math.max(now, last?.at ?? 0);
  const first = head?.first ?? at;
  const moment: Moment = {
    id: event.id,
    at,
    deadline: deadlineAfter(append.life, at, first, last?.deadline),
  };
  const version = versionOf(event.id);
  const next: Head = {
    subject,
    version,
    moments: [...(head?.moments ?? []), moment].slice(-MOMENTS_MAX),
    first,
    ...append.head,
  };
  const stored = { subject, version, ...event, ...moment };
  draft.put(logKey(subject, version), encodedEvent(stored));
  outbox?.keep(draft, stored);
  draft.put(ageKey(at, subject, version), NOTHING);
  putHead(draft, next);
  moved(subject);
  return moment;
}

const NOTHING = Buffer.alloc(0);

/** Writes a head, and moves the subject in the order of deadlines. */
export function putHead(draft: Draft, head: Head): void {
  const before = draft.get(headKey(head.subject));
  if (before !== undefined) {
    const old = headOf(head.subject, before);
    draft.remove(agendaKey(deadlineOf(old), head.subject, old.final));
  }
  draft.put(headKey(head.subject), encodedHead(head));
  draft.put(agendaKey(deadlineOf(head), head.subject, head.final), NOTHING);
}

function deadlineAfter(life: Life, at: number, first: number, old: number | undefined): number {
  const wanted = life.extend === true && old !== undefined ? Math.max(old, at + life.ms) : at + life.ms;
  return Math.ceil(life.capMs === undefined ? wanted : Math.min(wanted, first + life.capMs));
}
