import type { Kept } from '../record/archive.ts';
import type { ToldEntry } from '../record/chain/entry-text.ts';
import type { Facts } from '../record/entry/entry.ts';
import { idOf, instantOf } from '../record/ids/sortable-id.ts';
import type { Gap, Message } from './message-queue.ts';

/** What becomes of the record itself, and nothing of a sign-in: told only to those who name the kind. */
export const OWN_KINDS: ReadonlySet<string> = new Set(['head', 'record_key']);

/** The message that tells of an audit event. */
export function messageOf(
  { id, text }: Kept,
  { ticket_id: ticketId, session_id: sessionId }: Facts,
): Message {
  return { id: id.toString(), subject: ticketId ?? sessionId ?? `e${id}`, text };
}

/** The message that tells how many others were let go before they could be delivered. @param nowMs the wall clock. */
export function gapMessage({ count, from, to }: Gap, nowMs: number): Message {
  const at = instantOf(idOf(nowMs, 0));
  const written = {
    id: to,
    at,
    kind: 'gap',
    reason: 'undelivered messages, let go',
    count,
    from_id: from,
    to_id: to,
  };
  return { id: to, subject: 'gap', text: JSON.stringify(written) };
}

/**
 * The message that tells that the record let go of audit events before they were read for receivers.
 *
 * @param count undefined: the record or the queues began anew, and nobody knows.
 * @param behind the id of the event that came next.
 */
export function lostMessage(count: number | undefined, behind: bigint, nowMs: number): Message {
  const id = behind.toString();
  const at = instantOf(idOf(nowMs, 0));
  const reason =
    count === undefined
      ? 'the record or the queues began anew, and what was there before may not have been told'
      : 'let go by the record before they were told';
  const written = { id, at, kind: 'gap', reason, ...(count === undefined ? {} : { count }) };
  return { id, subject: 'lost', text: JSON.stringify(written) };
}

/** The `webhook-id`: the same at every try. */
export function webhookId({ id, subject }: Message): string {
  return `${subject === 'gap' || subject === 'lost' ? subject : 'msg'}_${id}`;
}

/** The body. */
export function bodyOf(told: ToldEntry): string {
  return JSON.stringify({ type: told.kind, timestamp: told.at, data: told });
}
