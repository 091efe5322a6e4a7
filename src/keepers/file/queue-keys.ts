import type { KeyRange } from '../../store/file/disk/environment.ts';

/**
 * Every key of the queues in a folder; a receiver's id stands in front of a number, which is big-endian and sorts by value.
 *
 *     f                       the format
 *     b                       the record is read for receivers
 *     c<chain>                how far that chain was read: [link]
 *     q<receiver><place>      a message that waits: [id, subject, tries, when it was tried], and its text
 *     d<receiver><place>      a dead letter: [id, subject, tries, reason, when], and its text
 *     m<receiver>             how the queue stands
 *     j<receiver>             behind which links it is told, where not all that is read is for it: [[chain, link], …]
 */
export const QUEUE_FORMAT_KEY = Buffer.from('f');
export const BEGUN_KEY = Buffer.from('b');

export type Letter = 'q' | 'd';

const PLACE_BYTES = 8;
const AFTER_ALL = Buffer.alloc(PLACE_BYTES + 1, 0xff);

export function placeKey(letter: Letter, receiver: string, place: bigint): Buffer {
  const end = Buffer.alloc(PLACE_BYTES);
  end.writeBigUInt64BE(place);
  return Buffer.concat([Buffer.from(letter + receiver), end]);
}

export function placeOf(key: Buffer): bigint {
  return key.readBigUInt64BE(key.length - PLACE_BYTES);
}

/** Those of a receiver behind a place. */
export function placeRange(letter: Letter, receiver: string, after: bigint): KeyRange {
  return {
    start: placeKey(letter, receiver, after + 1n),
    end: Buffer.concat([Buffer.from(letter + receiver), AFTER_ALL]),
  };
}

export function stateKey(receiver: string): Buffer {
  return Buffer.from(`m${receiver}`);
}

export function receiverOfState(key: Buffer): string {
  return key.toString('utf8', 1);
}

export function joinKey(receiver: string): Buffer {
  return Buffer.from(`j${receiver}`);
}

export const JOIN_RANGE: KeyRange = { start: Buffer.from('j'), end: Buffer.from('k') };

export const STATE_RANGE: KeyRange = { start: Buffer.from('m'), end: Buffer.from('n') };

export function readKey(chain: number): Buffer {
  const key = Buffer.alloc(5, 'c');
  key.writeUInt32BE(chain, 1);
  return key;
}

export function chainOfRead(key: Buffer): number {
  return key.readUInt32BE(1);
}

export const READ_RANGE: KeyRange = { start: Buffer.from('c'), end: Buffer.from('d') };
