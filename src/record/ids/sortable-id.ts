/**
 * The id of an audit event: 64 bits that sort by time. From the top: a zero, 41 bits of milliseconds since
 * {@link EPOCH_MS}, 10 of the node's number, 12 of a sequence. Written as a decimal number where people and programs see it.
 *
 * It tells when something happened, and how much happened beside it: never let it stand in what must not be guessed.
 */
export type SortableId = bigint;

/** 2025-01-01T00:00:00Z. Part of the data's format. 41 bits last until 2094. */
const EPOCH_MS = 1_735_689_600_000;

const MS_MAX = 2 ** 41 - 1;

/** The low 22 bits of an id: which node made it, and which of the node's it is. */
export type Mark = number;

const MARK_BITS = 22n;
export const NODE_MAX = 1023;
export const SEQUENCE_MAX = 4095;

/** What is no more than a mark, for whoever has none of a node's: as unlikely to meet another as its randomness. */
export const MARK_MAX = 2 ** 22 - 1;

export function markOf(node: number, sequence: number): Mark {
  return node * (SEQUENCE_MAX + 1) + sequence;
}

/** @param atMs milliseconds since the epoch of Unix; before 2025 it counts as the beginning. */
export function idOf(atMs: number, mark: Mark): SortableId {
  const ms = Math.min(MS_MAX, Math.max(0, Math.floor(atMs) - EPOCH_MS));
  return (BigInt(ms) << MARK_BITS) | BigInt(mark);
}

/** When: milliseconds since the epoch of Unix. */
export function msOf(id: SortableId): number {
  return Number(id >> MARK_BITS) + EPOCH_MS;
}

export function nodeOf(id: SortableId): number {
  return Number((id >> 12n) & BigInt(NODE_MAX));
}

/** When, in ISO 8601. */
export function instantOf(id: SortableId): string {
  return new Date(msOf(id)).toISOString();
}

/** Reads an id as it is written; undefined where a text is none. */
export function readId(text: string): SortableId | undefined {
  if (!/^[0-9]{1,19}$/.test(text)) return undefined;
  const id = BigInt(text);
  return id < 1n << 63n ? id : undefined;
}

/** The nonce of an event's cursor: 42 random bits above a mark, in decimal. @param random 42 random bits. */
export function markedNonce(random: number, mark: Mark): string {
  return ((BigInt(Math.floor(random)) << MARK_BITS) | BigInt(mark)).toString();
}

/** The mark in the nonce of a cursor. */
export function markIn(nonce: string): Mark {
  return Number(BigInt(nonce) & BigInt(MARK_MAX));
}
