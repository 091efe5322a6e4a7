import { cursorOf } from '../../../ticket/cursor.ts';
import { isFinal } from '../../../ticket/ticket.ts';
import { NewerSchema } from '../../codec.ts';
import type { Head, StoredEvent } from '../../event-store.ts';
import { foldOnto } from '../../fold.ts';
import type { Folded } from '../../fold.ts';
import { headKey, partitionKeys } from '../../keys.ts';
import { kindOf, partitionOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { fencedOff } from '../connection/fenced-off.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { FENCED } from '../format/append-call.ts';
import { parseHead } from '../format/head.ts';
import { formatEntry } from '../format/log-entry.ts';
import type { LogEntry } from '../format/log-entry.ts';
import type { GivenUp } from './incident.ts';

/** The outcome for one lost event. `wait`: an event before it is missing, and another node may yet put it back. */
export type Restored = 'there' | 'restored' | 'wait' | GivenUp;

/** The way to subjects that everyone else is held up from. */
export interface RestoreAccess {
  readonly calls: PartitionCalls;
  readonly historyMs: number;
  readonly read: (subject: Subject) => Promise<{ readonly head: Head | null; readonly now: number }>;
  readonly rebuild: (subject: Subject) => Promise<Head | null>;
  /** The token of a partition's fence as this node knows it. */
  readonly tokenOf: (partition: number) => string;
}

const REPLIES: Readonly<Record<number, Restored | 'marked'>> = {
  0: 'restored',
  1: 'there',
  2: 'another_history',
  5: 'wait',
  6: 'marked',
};

/**
 * Puts one subject's lost events back, in the order of their versions, each with its first stamp: what stands there
 * already is left alone, and what went another way ends it.
 */
export async function restoreLostEvents(
  access: RestoreAccess,
  entries: readonly LogEntry[],
  onOutcome: (entry: LogEntry, restored: Restored) => void,
): Promise<void> {
  const inOrder = [...entries].sort((a, b) => a.event.version - b.event.version);
  const subject = inOrder[0]?.event.subject;
  if (subject === undefined) return;
  let { head, now } = await access.read(subject);
  if (head === null && inOrder[0]?.event.version !== 1) {
    head = await access.rebuild(subject).catch(() => null);
  }
  const oldest = now - access.historyMs / 2;
  const isRecent = endOf(inOrder) >= oldest;
  let ended: Restored | undefined;
  for (const entry of inOrder) {
    let restored: Restored = ended ?? 'too_old';
    if (isThere(head, entry.event)) {
      onOutcome(entry, 'there');
      continue;
    }
    if (ended === undefined && (isRecent || entry.event.at >= oldest))
      [restored, head] = await putBack(access, head, entry);
    if (restored === 'another_history' && entry.event.type === 'revoked') {
      [restored, head] = await revokeAtAnyVersion(access, head, entry);
    }
    if (restored !== 'restored' && restored !== 'there') ended = restored;
    onOutcome(entry, restored);
  }
}

/**
 * When a ticket ended, or will, as far as these events tell. A ticket that ended lately may come back whole, however
 * old its first event is: that one's marker outlives the longest life. A session is judged event by event.
 */
function endOf(inOrder: readonly LogEntry[]): number {
  const last = inOrder.at(-1)?.event;
  if (last === undefined || kindOf(last.subject) !== 'ticket') return -Infinity;
  return isFinal(last.type) ? last.at : Math.max(last.at, last.deadline);
}

/** Puts a revocation at whatever version its session has now; with no session at all it is the first event. */
export async function revokeAtAnyVersion(
  access: RestoreAccess,
  head: Head | null,
  { event }: LogEntry,
): Promise<readonly [Restored, Head | null]> {
  if (head?.final === true) return ['there', head];
  const id = cursorOf((head?.version ?? 0) + 1, event.id.slice(event.id.indexOf('-') + 1));
  const folded = foldOnto(head, { ...event, id });
  if (folded === undefined) return ['another_history', head];
  const last = head?.moments.at(-1);
  const at = Math.max(event.at, last?.at ?? 0);
  const moved = {
    event: { ...event, id, version: (head?.version ?? 0) + 1, at, deadline: at },
    after: last?.id ?? null,
  };
  const [outcome, present] = await sendRestore(access, moved, folded);
  if (outcome === 'restored' || outcome === 'there') return ['restored', head];
  return outcome === 'another_history' && present?.final === true ? ['there', present] : ['wait', head];
}

/** Whether an event is there. Of one from before the last few that a head names it is taken for granted. */
export function isThere(head: Head | null, event: StoredEvent): boolean {
  if (head === null) return false;
  return (
    event.version <= head.version - head.moments.length || head.moments.some(({ id }) => id === event.id)
  );
}

async function putBack(
  access: RestoreAccess,
  head: Head | null,
  entry: LogEntry,
): Promise<readonly [Restored, Head | null]> {
  const { event } = entry;
  if (head === null && event.version > 1) return ['wait', head];
  if (head !== null && head.version < event.version - 1) return ['wait', head];
  if (head !== null && (head.final || head.version >= event.version)) return ['another_history', head];
  let folded: Folded | undefined;
  try {
    folded = foldOnto(head, event);
  } catch (error) {
    if (error instanceof NewerSchema) return ['newer_schema', head];
    throw error;
  }
  if (folded === undefined) return ['another_history', head];

  const [outcome, present] = await sendRestore(access, entry, folded);
  if (outcome !== 'marked') return [outcome, present];
  const rebuilt = await access.rebuild(event.subject).catch(() => null);
  return isThere(rebuilt, event) ? ['there', rebuilt] : ['another_history', rebuilt];
}

/** Calls `sg3_restore` (migrations/0001-event-store.lua) with the event, and what it makes of its subject. */
async function sendRestore(
  { calls, historyMs, tokenOf }: RestoreAccess,
  entry: LogEntry,
  folded: Folded,
): Promise<readonly [Restored | 'marked', Head | null]> {
  const { event, after } = entry;
  const { subject, id, version, at, deadline } = event;
  const partition = partitionOf(subject, calls.partitions);
  const { log, due, firsts, fence } = partitionKeys(partition);
  const keys = [log, due, firsts, headKey(partition, subject), fence] as const;
  const past = [historyMs, subject, after ?? '', id, version, formatEntry(entry), at, deadline] as const;
  const state = [folded.status, folded.final ? 1 : 0, folded.schema, folded.blob] as const;
  const [code, text] = await calls.call(partition, true, async (link) => {
    const sent = tokenOf(partition);
    const reply = await link.redis.fcall('sg3_restore', keys.length, ...keys, ...past, ...state, sent);
    const [answer, , said] = reply as [number, number, string | null | undefined];
    if (answer === FENCED) throw fencedOff(link, { sent, known: tokenOf(partition), found: said ?? null });
    return [answer, said] as const;
  });
  const outcome = REPLIES[code];
  if (outcome === undefined) throw new Error(`sg3_restore answered ${code}`);
  return [outcome, text ? parseHead(subject, text) : null];
}
