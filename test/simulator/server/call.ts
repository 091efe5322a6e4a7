import { ofKind } from '../data/keyspace.ts';
import type { Keyspace, Kind, ValueOf } from '../data/keyspace.ts';
import type { Reply } from './reply.ts';

/**
 * What becomes of a key whose time is over: a master deletes it and tells its replicas, a replica hides it from its
 * clients, and what comes from the master finds it still there.
 */
export type Expiry = 'delete' | 'hide' | 'ignore';

/** One command or script while it runs. */
export interface Call {
  readonly data: Keyspace;
  readonly expiry: Expiry;
  /** When it began, in milliseconds since the epoch: what has ended by then is gone. */
  readonly beganAt: number;
  /** The server's clock, looked at anew, in milliseconds since the epoch, with a fraction. */
  readonly clock: () => number;
  /** Names the server's history (`master_replid`). */
  readonly replicationId: () => string;
  /** Tells the replicas what was done, in a form that does the same there. */
  readonly effect: (...args: readonly string[]) => void;
}

/** One command: `arity` counts its name, and is negative where more arguments may come. */
export interface Command {
  readonly arity: number;
  readonly writes: boolean;
  readonly run: (call: Call, args: readonly string[]) => Reply;
}

export type Commands = Readonly<Record<string, Command>>;

export function reads(arity: number, run: Command['run']): Command {
  return { arity, writes: false, run };
}

export function writes(arity: number, run: Command['run']): Command {
  return { arity, writes: true, run };
}

/** The server's clock in whole milliseconds. */
export function millisecondsOf(call: Call): number {
  return Math.floor(call.clock());
}

/** Whether a key is there. */
export function has(call: Call, key: string): boolean {
  const { data, expiry, beganAt } = call;
  const end = data.endOf(key);
  if (end === undefined || expiry === 'ignore' || beganAt <= end) return data.get(key) !== undefined;
  if (expiry === 'delete') {
    data.delete(key);
    call.effect('DEL', key);
  }
  return false;
}

/** A key's value. @throws RedisError where it is of another kind. */
export function find<K extends Kind>(call: Call, key: string, kind: K): ValueOf<K> | undefined {
  return has(call, key) ? ofKind(call.data.get(key), kind) : undefined;
}

/** A key's value, made where there is none. @throws RedisError where it is of another kind. */
export function findOrMake<K extends Kind>(
  call: Call,
  key: string,
  kind: K,
  make: () => ValueOf<K>,
): ValueOf<K> {
  const found = find(call, key, kind);
  if (found !== undefined) return found;
  const made = make();
  call.data.put(key, made);
  return made;
}
