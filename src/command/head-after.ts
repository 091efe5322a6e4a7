import type { Append, Head, Moment } from '../store/event-store.ts';
import { MOMENTS_MAX, cursorOfHead } from '../store/event-store.ts';

/** The head that an append left behind, as its writer knows it without reading again. @param moment of that append. */
export function headAfter(old: Head | null, append: Append, moment: Moment | undefined): Head {
  if (moment === undefined) throw new Error('an append that was written has a moment');
  const earlier = old === null || cursorOfHead(old) !== append.expected ? [] : old.moments;
  return {
    subject: append.subject,
    version: (old?.version ?? 0) + 1,
    moments: [...earlier, moment].slice(-MOMENTS_MAX),
    first: old?.first ?? moment.at,
    status: append.head.status,
    final: append.head.final,
    schema: append.head.schema,
    blob: append.head.blob,
  };
}
