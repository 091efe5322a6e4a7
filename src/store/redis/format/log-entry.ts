import type { Cursor } from '../../../ticket/cursor.ts';
import type { Append, Moment, StoredEvent } from '../../event-store.ts';
import type { Subject } from '../../subject.ts';

/** An event as the partition's log keeps it: with the id of the event that it followed, null for a first one. */
export interface LogEntry {
  readonly event: StoredEvent;
  readonly after: Cursor | null;
}

const SHAPE = /^\["([^"]+)",(\d+),"([^"]+)",(\d+),(-?\d+),"([^"]+)",(\d+),"([^"]*)",/;

/** Reads the one field of a log entry. @throws Error where the text is not of that shape. */
export function parseEntry(text: string): LogEntry {
  const fields = SHAPE.exec(text);
  if (fields === null) throw new Error(`not a log entry: ${text.slice(0, 80)}`);
  return {
    event: {
      subject: fields[1] as Subject,
      version: Number(fields[2]),
      id: fields[3] as Cursor,
      at: Number(fields[4]),
      deadline: Number(fields[5]),
      type: fields[6] as string,
      schema: Number(fields[7]),
      data: text.slice(fields[0].length, -1),
    },
    after: fields[8] === '' ? null : (fields[8] as Cursor),
  };
}

/** The subject of a log entry, without reading the rest. */
export function subjectOfEntry(text: string): Subject {
  return text.slice(2, text.indexOf('"', 2)) as Subject;
}

/** The version of a log entry, without reading the rest. */
export function versionOfEntry(text: string): number {
  return Number.parseInt(text.slice(text.indexOf('"', 2) + 2), 10);
}

/** The id of a log entry, without reading the rest. */
export function idOfEntry(text: string): Cursor {
  return (/^\["[^"]+",\d+,"([^"]+)"/.exec(text)?.[1] ?? '') as Cursor;
}

/** The stamp of a log entry, without reading the rest. */
export function stampOfEntry(text: string): number {
  return Number(/^\["[^"]+",\d+,"[^"]+",(\d+)/.exec(text)?.[1] ?? 0);
}

/** The type and deadline of a log entry, without reading the rest; no type and 0 where it is not of that shape. */
export function endingOfEntry(text: string): { readonly type: string; readonly deadline: number } {
  const fields = SHAPE.exec(text);
  return { type: fields?.[6] ?? '', deadline: Number(fields?.[5] ?? 0) };
}

/** What stands before and after an entry's stamp and deadline, which the store gives. */
export function entryAround({ subject, expected, event }: Append): readonly [string, string] {
  return [
    `["${subject}",${versionIn(event.id)},"${event.id}",`,
    `,"${event.type}",${event.schema},"${expected ?? ''}",${event.data}]`,
  ];
}

/** The whole entry that an append became. */
export function entryOf(append: Append, moment: Moment): string {
  const [before, after] = entryAround(append);
  return `${before}${moment.at},${moment.deadline}${after}`;
}

/** Writes an entry that was read, or one with another place in its subject's history. */
export function formatEntry({ event, after }: LogEntry): string {
  const { subject, version, id, at, deadline, type, schema, data } = event;
  return `["${subject}",${version},"${id}",${at},${deadline},"${type}",${schema},"${after ?? ''}",${data}]`;
}

function versionIn(id: Cursor): string {
  return id.slice(0, id.indexOf('-'));
}
