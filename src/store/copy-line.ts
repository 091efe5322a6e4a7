import type { Cursor } from '../ticket/cursor.ts';
import type { CopyItem } from './copy.ts';
import type { Moment } from './event-store.ts';
import { isSubject } from './subject.ts';
import type { Subject } from './subject.ts';

/** A text that is no copy, or is one no longer. */
export class NoCopy extends Error {
  override readonly name = 'NoCopy';
}

type Row = Readonly<Record<string, unknown>>;

/** Writes an item as one line of JSON, without the line's end. */
export function lineOf(item: CopyItem): string {
  return JSON.stringify(rowOf(item));
}

function rowOf(item: CopyItem): Row {
  switch (item.kind) {
    case 'head': {
      const { subject, moments, ...rest } = item.head;
      return { head: subject, ...rest, moments: moments.map(({ id, at, deadline }) => [id, at, deadline]) };
    }
    case 'event': {
      const { subject, ...rest } = item.event;
      return { event: subject, ...rest, after: item.after };
    }
    case 'value':
      return { value: item.name, is: item.value, end: item.end };
    case 'count':
      return { count: item.name, is: item.count, end: item.end };
    case 'set':
      return { set: item.name, members: item.members };
  }
}

/** Reads one back. @throws NoCopy */
export function itemOf(row: Row): CopyItem {
  if ('head' in row) return { kind: 'head', head: headOf(row) };
  if ('event' in row) {
    const { id, after, data } = row;
    const event = {
      subject: subjectIn(row['event']),
      version: numberIn(row['version']),
      id: textIn(id) as Cursor,
      at: numberIn(row['at']),
      deadline: numberIn(row['deadline']),
      type: textIn(row['type']),
      schema: numberIn(row['schema']),
      data: textIn(data),
    };
    return { kind: 'event', event, after: after === null ? null : (textIn(after) as Cursor) };
  }
  if ('value' in row)
    return { kind: 'value', name: textIn(row['value']), value: textIn(row['is']), end: numberIn(row['end']) };
  if ('count' in row)
    return {
      kind: 'count',
      name: textIn(row['count']),
      count: numberIn(row['is']),
      end: numberIn(row['end']),
    };
  if ('set' in row) {
    const members = listIn(row['members']).map((pair) => {
      const [member, end] = listIn(pair);
      return [textIn(member), numberIn(end)] as const;
    });
    return { kind: 'set', name: textIn(row['set']), members };
  }
  throw new NoCopy('it is no item of a copy that this release knows');
}

function headOf(row: Row) {
  const moments = listIn(row['moments']).map((moment): Moment => {
    const [id, at, deadline] = listIn(moment);
    return { id: textIn(id) as Cursor, at: numberIn(at), deadline: numberIn(deadline) };
  });
  if (moments.length === 0) throw new NoCopy('a head without moments');
  return {
    subject: subjectIn(row['head']),
    version: numberIn(row['version']),
    moments,
    first: numberIn(row['first']),
    status: textIn(row['status']),
    final: row['final'] === true,
    schema: numberIn(row['schema']),
    blob: textIn(row['blob']),
  };
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new NoCopy('a text is missing');
  return value;
}

function numberIn(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new NoCopy('a number is missing');
  return value as number;
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new NoCopy('a list is missing');
  return value as readonly unknown[];
}

function subjectIn(value: unknown): Subject {
  const text = textIn(value);
  if (!isSubject(text)) throw new NoCopy('a subject is missing');
  return text;
}
