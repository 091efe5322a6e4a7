import { crc32 } from 'node:zlib';
import type { Cursor } from '../../ticket/cursor.ts';
import { StoreUnavailable } from '../event-store.ts';
import type { Head, Moment, StoredEvent } from '../event-store.ts';
import type { Subject } from '../subject.ts';

/**
 * A record: a checksum (CRC-32, four bytes), a line of JSON with the fields, and a body as it is. LMDB has no checksums
 * of its own, and a damaged record must be noticed, not told.
 */
export function sealed(fields: readonly unknown[], body = ''): Buffer {
  const record = Buffer.from(`....${JSON.stringify(fields)}\n${body}`);
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** Whether a record's checksum is right. */
export function isSound(record: Buffer): boolean {
  return record.length > 4 && record.readUInt32LE(0) === crc32(record.subarray(4));
}

/** Opens a record. @throws {@link StoreUnavailable} where its checksum is wrong. */
export function unsealed(record: Buffer): { readonly fields: unknown; readonly body: string } {
  if (!isSound(record)) throw new StoreUnavailable('a record of the store is damaged');
  const line = record.indexOf(10, 4);
  return { fields: JSON.parse(record.toString('utf8', 4, line)), body: record.toString('utf8', line + 1) };
}

type HeadFields = readonly [
  version: number,
  first: number,
  status: string,
  final: 0 | 1,
  schema: number,
  moments: readonly (readonly [id: Cursor, at: number, deadline: number])[],
];

export function sealedHead(head: Head): Buffer {
  const moments = head.moments.map(({ id, at, deadline }) => [id, at, deadline] as const);
  const fields: HeadFields = [
    head.version,
    head.first,
    head.status,
    head.final ? 1 : 0,
    head.schema,
    moments,
  ];
  return sealed(fields, head.blob);
}

export function headOf(subject: Subject, record: Buffer): Head {
  const { fields, body } = unsealed(record);
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

export function sealedEvent(event: StoredEvent): Buffer {
  const { version, id, at, deadline, type, schema } = event;
  const fields: EventFields = [version, id, at, deadline, type, schema];
  return sealed(fields, event.data);
}

export function eventOf(subject: Subject, record: Buffer): StoredEvent {
  const { fields, body } = unsealed(record);
  const [version, id, at, deadline, type, schema] = fields as EventFields;
  return { subject, version, id, at, deadline, type, schema, data: body };
}
