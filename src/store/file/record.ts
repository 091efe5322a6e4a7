import type { Cursor } from '../../ticket/cursor.ts';
import type { Head, Moment, StoredEvent } from '../event-store.ts';
import type { Subject } from '../subject.ts';

/** A record: a line of JSON with the fields, and a body as it is. */
export function encoded(fields: readonly unknown[], body = ''): Buffer {
  return Buffer.from(`${JSON.stringify(fields)}\n${body}`);
}

export function decoded(record: Buffer): { readonly fields: unknown; readonly body: string } {
  const line = record.indexOf(10);
  return { fields: JSON.parse(record.toString('utf8', 0, line)), body: record.toString('utf8', line + 1) };
}

type HeadFields = readonly [
  version: number,
  first: number,
  status: string,
  final: 0 | 1,
  schema: number,
  moments: readonly (readonly [id: Cursor, at: number, deadline: number])[],
];

export function encodedHead(head: Head): Buffer {
  const moments = head.moments.map(({ id, at, deadline }) => [id, at, deadline] as const);
  const fields: HeadFields = [
    head.version,
    head.first,
    head.status,
    head.final ? 1 : 0,
    head.schema,
    moments,
  ];
  return encoded(fields, head.blob);
}

export function headOf(subject: Subject, record: Buffer): Head {
  const { fields, body } = decoded(record);
  const [version, first, status, final, schema, moments] = fields as HeadFields;
  return {
    subject,
    version,
    moments: moments.map(([id, at, deadline]): Moment => ({ id, at, deadline })),
    first,
    status,
    final: final === 1,
    schema,
    blob: body,
  };
}

type EventFields = readonly [
  version: number,
  id: Cursor,
  at: number,
  deadline: number,
  type: string,
  schema: number,
];

export function encodedEvent(event: StoredEvent): Buffer {
  const { version, id, at, deadline, type, schema } = event;
  const fields: EventFields = [version, id, at, deadline, type, schema];
  return encoded(fields, event.data);
}

export function eventOf(subject: Subject, record: Buffer): StoredEvent {
  const { fields, body } = decoded(record);
  const [version, id, at, deadline, type, schema] = fields as EventFields;
  return { subject, version, id, at, deadline, type, schema, data: body };
}
