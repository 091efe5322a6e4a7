import type { Cursor } from '../ticket/cursor.ts';
import type { Append, AppendResult, Head } from './event-store.ts';
import { cursorOfHead } from './event-store.ts';
import { kindOf } from './subject.ts';
import type { Subject } from './subject.ts';

/** An event that a store's answer tells of. */
export interface ToldEvent {
  readonly subject: Subject;
  readonly id: Cursor;
}

/** Whether an event is told only once it is durable. A lost mint is a new QR code, and a canary is nobody's business. */
export function mustLast({ subject, id }: ToldEvent): boolean {
  const kind = kindOf(subject);
  return kind !== 'canary' && !(kind === 'ticket' && id.startsWith('1-'));
}

/** The event that a head tells of. */
export function toldByHead(head: Head): ToldEvent {
  return { subject: head.subject, id: cursorOfHead(head) };
}

/** The events that an append's result tells of: those that were written, or the last one that stands in the way. */
export function toldByResult(
  batch: readonly Append[],
  result: AppendResult | { readonly outcome: 'marked' },
): readonly ToldEvent[] {
  if ('moments' in result) return batch.map(({ subject, event }) => ({ subject, id: event.id }));
  return 'head' in result && result.head !== null ? [toldByHead(result.head)] : [];
}
