import { decoded, encoded } from '../../store/file/record.ts';
import { MESSAGE_BYTES } from '../../webhooks/message-queue.ts';
import type { DeadLetter, Gap, Links, Message, WaitingMessage } from '../../webhooks/message-queue.ts';
import { placeOf } from './queue-keys.ts';

/** How a queue stands. */
export interface QueueState {
  /** The highest place that was given away. */
  readonly last: number;
  readonly count: number;
  readonly bytes: number;
  readonly gap: Gap | null;
  readonly gone: number;
  /** When something was put, in milliseconds since the epoch. */
  readonly putAt: number;
}

export const FRESH: QueueState = { last: 0, count: 0, bytes: 0, gap: null, gone: 0, putAt: 0 };

type WaitingFields = readonly [id: string, subject: string, tries: number, triedAt: number];
type DeadFields = readonly [id: string, subject: string, tries: number, reason: string, at: number];

export function stateIn(record: Buffer | undefined): QueueState {
  return record === undefined ? FRESH : (decoded(record).fields as readonly [QueueState])[0];
}

export function stateRow(state: QueueState): Buffer {
  return encoded([state]);
}

export function joinRow(links: Links): Buffer {
  return encoded([[...links]]);
}

export function joinIn(record: Buffer | undefined): Links {
  return new Map(record === undefined ? [] : (decoded(record).fields as readonly [[number, number][]])[0]);
}

export function waitingRow({ id, subject, text }: Message, tries: number, triedAt: number): Buffer {
  const fields: WaitingFields = [id, subject, tries, triedAt];
  return encoded(fields, text);
}

export function waitingIn(key: Buffer, record: Buffer, now: number): WaitingMessage {
  const { fields, body } = decoded(record);
  const [id, subject, tries, triedAt] = fields as WaitingFields;
  const triedAgoMs = tries === 0 ? 0 : Math.max(0, now - triedAt);
  return { place: placeOf(key).toString(), id, subject, text: body, tries, triedAgoMs };
}

export function deadRow({ id, subject, text }: Message, tries: number, reason: string, at: number): Buffer {
  const fields: DeadFields = [id, subject, tries, reason, at];
  return encoded(fields, text);
}

export function deadIn(key: Buffer, record: Buffer): DeadLetter {
  const { fields, body } = decoded(record);
  const [id, subject, tries, reason, at] = fields as DeadFields;
  return { place: placeOf(key).toString(), id, subject, text: body, tries, reason, at };
}

/** What a message counts for against the bound of its queue. */
export function bytesOf({ text }: Pick<Message, 'text'>): number {
  return Buffer.byteLength(text) + MESSAGE_BYTES;
}
