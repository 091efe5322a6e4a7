import { StoreUnavailable } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import type { Draft } from './draft.ts';
import type { Environment } from './disk/environment.ts';
import { endKey, ledgerKey } from './keys.ts';
import { encodedEntry, encodedSet, endOf, livingEntry, livingMembers } from './ledger-record.ts';
import type { Member } from './ledger-record.ts';
import type { Writer } from './writer.ts';

/** The longest value, in bytes. */
const VALUE_BYTES_MAX = 16 * 1024;
/** The longest key, set name or member, in characters. */
const KEY_LENGTH_MAX = 200;

/** The ledger of the file store: each call is one decision in the writer's order, answered once it is flushed. */
export class FileLedger implements Ledger {
  readonly #writer: Writer;
  readonly #environment: Environment;
  readonly #now: () => number;

  constructor(writer: Writer, environment: Environment, now: () => number) {
    this.#writer = writer;
    this.#environment = environment;
    this.#now = now;
  }

  async putIfAbsent(
    name: string,
    value: string,
    lifeMs: number,
  ): Promise<{ readonly stored: boolean; readonly value: string }> {
    const key = checkedKey('v', name);
    checkValue(value);
    return this.#writer.submit(({ draft, now }) => {
      const old = livingEntry(draft.get(key), now);
      if (old !== undefined) return { stored: false, value: old.value };
      put(draft, key, now + lifeMs, (end) => encodedEntry({ end, value }));
      return { stored: true, value };
    });
  }

  async get(name: string): Promise<string | null> {
    return livingEntry(this.#read(checkedKey('v', name)), this.#now())?.value ?? null;
  }

  async replaceIf(name: string, expected: string | null, value: string, lifeMs: number): Promise<boolean> {
    const key = checkedKey('v', name);
    checkValue(value);
    return this.#writer.submit(({ draft, now }) => {
      const old = livingEntry(draft.get(key), now)?.value ?? null;
      if (old !== expected) return false;
      put(draft, key, now + lifeMs, (end) => encodedEntry({ end, value }));
      return true;
    });
  }

  async delete(name: string, expected?: string): Promise<boolean> {
    const key = checkedKey('v', name);
    return this.#writer.submit(({ draft, now }) => {
      const old = livingEntry(draft.get(key), now)?.value;
      if (old === undefined || (expected !== undefined && old !== expected)) return false;
      remove(draft, key);
      return true;
    });
  }

  async addMember(set: string, member: string, lifeMs: number, max: number): Promise<void> {
    const key = checkedKey('s', set);
    checkedKey('s', member);
    return this.#writer.submit(({ draft, now }) => {
      const added: Member = [member, Math.ceil(now + lifeMs)];
      const others = livingMembers(draft.get(key), now).filter(([other]) => other !== member);
      const kept = [added, ...others].sort((a, b) => b[1] - a[1]).slice(0, max);
      put(draft, key, kept[0]?.[1] ?? 0, () => encodedSet(kept));
    });
  }

  async removeMember(set: string, member: string): Promise<void> {
    const key = checkedKey('s', set);
    return this.#writer.submit(({ draft, now }) => {
      const before = livingMembers(draft.get(key), now);
      const kept = before.filter(([other]) => other !== member);
      if (kept.length === before.length) return;
      if (kept.length === 0) remove(draft, key);
      else put(draft, key, kept[0]?.[1] ?? 0, () => encodedSet(kept));
    });
  }

  async members(set: string, limit: number): Promise<readonly string[]> {
    const members = livingMembers(this.#read(checkedKey('s', set)), this.#now());
    return members.slice(0, limit).map(([member]) => member);
  }

  async count(name: string, lifeMs: number): Promise<number> {
    const key = checkedKey('c', name);
    return this.#writer.submit(({ draft, now }) => {
      const old = livingEntry(draft.get(key), now);
      const count = Number(old?.value ?? 0) + 1;
      put(draft, key, old?.end ?? now + lifeMs, (end) => encodedEntry({ end, value: String(count) }));
      return count;
    });
  }

  async counted(name: string): Promise<number> {
    return Number(livingEntry(this.#read(checkedKey('c', name)), this.#now())?.value ?? 0);
  }

  #read(key: Buffer): Buffer | undefined {
    if (this.#writer.closed) throw new StoreUnavailable('the store is closed');
    return this.#environment.get(key);
  }
}

function put(draft: Draft, key: Buffer, end: number, record: (end: number) => Buffer): void {
  const whole = Math.ceil(end);
  remove(draft, key);
  draft.put(key, record(whole));
  draft.put(endKey(whole, key), NOTHING);
}

const NOTHING = Buffer.alloc(0);

function remove(draft: Draft, key: Buffer): void {
  const old = draft.get(key);
  if (old !== undefined) draft.remove(endKey(endOf(old), key));
  draft.remove(key);
}

function checkedKey(kind: 'v' | 'c' | 's', name: string): Buffer {
  if (name.length === 0 || name.length > KEY_LENGTH_MAX) {
    throw new RangeError(`a key of the ledger has 1 to ${KEY_LENGTH_MAX} characters`);
  }
  return ledgerKey(kind, name);
}

function checkValue(value: string): void {
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) {
    throw new RangeError(`a value of the ledger has at most ${VALUE_BYTES_MAX} bytes`);
  }
}
