import type { Cursor } from '../../../ticket/cursor.ts';
import { MOMENTS_MAX } from '../../event-store.ts';
import type { Head, Moment, StoredEvent } from '../../event-store.ts';
import type { Folded, FoldedTicket } from '../../fold.ts';
import type { Subject } from '../../subject.ts';

const SHAPE = /^2 (\d+) ([01]) (\d+) (\d+) (\S+) (\S+) /;

/**
 * Reads a head as the functions answer it (migrations/0001-event-store.lua):
 * `2 <version> <final> <schema> <first stamp> <status> <moments> <blob>`. How they keep it is theirs.
 *
 * @throws Error where the text is not of that shape.
 */
export function parseHead(subject: Subject, text: string): Head {
  const fields = SHAPE.exec(text);
  if (fields === null) throw new Error(`not a head: ${subject}`);
  const first = Number(fields[4]);
  return {
    subject,
    version: Number(fields[1]),
    moments: (fields[6] as string).split(';').map((moment) => parseMoment(moment, first)),
    first,
    status: fields[5] as string,
    final: fields[2] === '1',
    schema: Number(fields[3]),
    blob: text.slice(fields[0].length),
  };
}

/** What a head says of its subject's events: the first one's stamp, and the last {@link MOMENTS_MAX} of them. */
export type HeadTimes = Pick<Head, 'first' | 'version' | 'moments'>;

/** Reads them off all the events of a subject. */
export function timesOf(events: readonly StoredEvent[]): HeadTimes {
  const first = events[0];
  const last = events[events.length - 1];
  if (first === undefined || last === undefined) throw new Error('a head of no events');
  return { first: first.at, version: last.version, moments: events.slice(-MOMENTS_MAX) };
}

/** Writes a head, to the byte as the functions answer it. */
export function formatHead({ first, version, moments }: HeadTimes, folded: Folded): string {
  const times = moments.map(({ id, at, deadline }) => `${id},${at - first},${deadline - at}`).join(';');
  return `2 ${version} ${folded.final ? 1 : 0} ${folded.schema} ${first} ${folded.status} ${times} ${folded.blob}`;
}

/** Writes a ticket's head as the functions keep it: its first entry, of this stream id, has these data. */
export function formatKept(times: HeadTimes, ticket: FoldedTicket, entryId: string, data: string): string {
  const { folded, minted, rest } = ticket;
  return formatHead(times, minted === data ? { ...folded, blob: `@${entryId} ${rest}` } : folded);
}

function parseMoment(text: string, first: number): Moment {
  const [id, at, deadline] = text.split(',');
  const stamp = first + Number(at);
  return { id: id as Cursor, at: stamp, deadline: stamp + Number(deadline) };
}
