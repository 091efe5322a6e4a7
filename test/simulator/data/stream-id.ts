import { RedisError } from '../server/reply.ts';

/** `<ms>-<sequence>`, as two numbers. */
export interface StreamId {
  readonly ms: number;
  readonly sequence: number;
}

export const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;
export const FIRST: StreamId = { ms: 0, sequence: 0 };
export const LAST: StreamId = { ms: SEQUENCE_MAX, sequence: SEQUENCE_MAX };

export function compareIds(a: StreamId, b: StreamId): number {
  return a.ms - b.ms || a.sequence - b.sequence;
}

export function formatId({ ms, sequence }: StreamId): string {
  return `${ms}-${sequence}`;
}

/** Reads an id; one without a sequence gets the one that is given. @throws RedisError */
export function parseId(text: string, sequence = 0): StreamId {
  const parts = /^([0-9]{1,16})(?:-([0-9]{1,16}))?$/.exec(text);
  if (parts === null) throw new RedisError('ERR Invalid stream ID specified as stream command argument');
  return { ms: Number(parts[1]), sequence: parts[2] === undefined ? sequence : Number(parts[2]) };
}

/** One end of a range: `-`, `+`, an id, or `(` and an id that is not in it. @throws RedisError */
export function parseBound(text: string, end: 'start' | 'end'): StreamId {
  if (text === '-') return FIRST;
  if (text === '+') return LAST;
  const isOpen = text.startsWith('(');
  const id = parseId(isOpen ? text.slice(1) : text, end === 'start' ? 0 : SEQUENCE_MAX);
  if (!isOpen) return id;
  const moved = end === 'start' ? idAfter(id) : idBefore(id);
  if (moved === undefined) throw new RedisError(`ERR invalid ${end} ID for the interval`);
  return moved;
}

export function idAfter({ ms, sequence }: StreamId): StreamId | undefined {
  if (sequence < SEQUENCE_MAX) return { ms, sequence: sequence + 1 };
  return ms < SEQUENCE_MAX ? { ms: ms + 1, sequence: 0 } : undefined;
}

function idBefore({ ms, sequence }: StreamId): StreamId | undefined {
  if (sequence > 0) return { ms, sequence: sequence - 1 };
  return ms > 0 ? { ms: ms - 1, sequence: SEQUENCE_MAX } : undefined;
}
