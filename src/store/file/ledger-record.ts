import { decoded, encoded } from './record.ts';

/** A value or a count, and when its life ends, in milliseconds since the epoch. */
export interface Entry {
  readonly end: number;
  readonly value: string;
}

/** A member of a set, and when its life ends. */
export type Member = readonly [member: string, end: number];

export function encodedEntry({ end, value }: Entry): Buffer {
  return encoded([end], value);
}

/** The entry, unless its life has ended. */
export function livingEntry(record: Buffer | undefined, now: number): Entry | undefined {
  if (record === undefined) return undefined;
  const { fields, body } = decoded(record);
  const [end] = fields as readonly [number];
  return now < end ? { end, value: body } : undefined;
}

/** Encodes a set, the member that ends last first. */
export function encodedSet(members: readonly Member[]): Buffer {
  return encoded([members[0]?.[1] ?? 0], JSON.stringify(members));
}

export function livingMembers(record: Buffer | undefined, now: number): readonly Member[] {
  if (record === undefined) return [];
  const members = JSON.parse(decoded(record).body) as readonly Member[];
  return members.filter(([, end]) => now < end);
}

/** When an entry's or a set's life ends. */
export function endOf(record: Buffer): number {
  return (decoded(record).fields as readonly [number])[0];
}
