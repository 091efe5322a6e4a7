import { isError, isList, isStatus } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

// Nearly every text is ASCII, where characters and bytes are the same.
const isPlain = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/** A client's argument as the bytes of its UTF-8, one character each. */
export function encode(argument: string | number): string {
  const text = String(argument);
  return isPlain(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** A reply as ioredis hands it on; an error is a value. */
export function decode(reply: Reply): unknown {
  if (typeof reply === 'string')
    return isPlain(reply) ? reply : Buffer.from(reply, 'latin1').toString('utf8');
  if (isList(reply)) return reply.map(decode);
  if (reply !== null && typeof reply === 'object') {
    if (isStatus(reply)) return reply.status;
    if (isError(reply)) return new Error(reply.error);
  }
  return reply;
}
