import { RedisError } from '../server/reply.ts';
import type { SortedSet } from './sorted-set.ts';
import type { Stream } from './stream.ts';

export interface TextValue {
  readonly kind: 'string';
  readonly text: string;
}

export interface SetValue {
  readonly kind: 'set';
  readonly members: Set<string>;
}

export interface HashValue {
  readonly kind: 'hash';
  readonly fields: Map<string, string>;
}

export type Value = TextValue | SetValue | HashValue | SortedSet | Stream;
export type Kind = Value['kind'];
export type ValueOf<K extends Kind> = Extract<Value, { readonly kind: K }>;

/** Keys, their values, and when they end. It knows no time: who asks for a key says whether it is over. */
export class Keyspace {
  readonly #values = new Map<string, Value>();
  readonly #ends = new Map<string, number>();

  get size(): number {
    return this.#values.size;
  }

  keys(): Iterable<string> {
    return this.#values.keys();
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** When a key ends, in milliseconds since the epoch; undefined where it does not. */
  endOf(key: string): number | undefined {
    return this.#ends.get(key);
  }

  /** The keys that end, and when. */
  ends(): Iterable<readonly [string, number]> {
    return this.#ends;
  }

  /** Puts a value in a key's place; when it ends stays. */
  put(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  /** @param end undefined: never. */
  setEnd(key: string, end: number | undefined): void {
    if (end === undefined) this.#ends.delete(key);
    else this.#ends.set(key, end);
  }

  delete(key: string): boolean {
    this.#ends.delete(key);
    return this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
    this.#ends.clear();
  }

  copy(): Keyspace {
    const copied = new Keyspace();
    for (const [key, value] of this.#values) copied.#values.set(key, copyOf(value));
    for (const [key, end] of this.#ends) copied.#ends.set(key, end);
    return copied;
  }
}

/** A value, if it is of that kind. @throws RedisError where it is of another one. */
export function ofKind<K extends Kind>(value: Value | undefined, kind: K): ValueOf<K> | undefined {
  if (value !== undefined && value.kind !== kind) {
    throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
  }
  return value as ValueOf<K> | undefined;
}

function copyOf(value: Value): Value {
  switch (value.kind) {
    case 'string':
      return value;
    case 'set':
      return { kind: 'set', members: new Set(value.members) };
    case 'hash':
      return { kind: 'hash', fields: new Map(value.fields) };
    case 'zset':
    case 'stream':
      return value.copy();
  }
}
