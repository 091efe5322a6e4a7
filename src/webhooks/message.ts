import type { Kept } from '../record/archive.ts';
import { toldEntry } from '../record/chain/entry-text.ts';
import type { Facts } from '../record/entry/entry.ts';
import { idOf, instantOf, readId } from '../record/ids/sortable-id.ts';
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
  const written = { id: to, at, kind: 'gap', reason: 'undelivered messages, let go', count, from, to };
  return { id: to, subject: 'gap', text: JSON.stringify(written) };
}

/** The message that tells how many audit events the record let go before they were read for receivers. @param behind those that came next. */
export function lostMessage(count: number, behind: readonly Kept[], nowMs: number): Message {
  const id = String(behind[0]?.id ?? 0n);
  const at = instantOf(idOf(nowMs, 0));
  const written = { id, at, kind: 'gap', reason: 'let go by the record before they were told', count };
  return { id, subject: 'lost', text: JSON.stringify(written) };
}

/** The `webhook-id`: the same at every try. */
export function webhookId({ id, subject }: Message): string {
  return `${subject === 'gap' || subject === 'lost' ? subject : 'msg'}_${id}`;
}

/** The body. @param key opens what is sealed; undefined: it was forgotten, or nothing is. */
export function bodyOf({ id, text }: Message, key: Buffer | undefined): string {
  const told = toldEntry({ id: readId(id) ?? 0n, text }, key);
  return JSON.stringify({ type: told.kind, timestamp: told.at, data: told });
}
