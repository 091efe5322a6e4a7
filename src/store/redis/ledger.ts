import { ledgerKey } from '../keys.ts';
import type { LedgerKind } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import type { PartitionCalls } from './connection/partition-calls.ts';

const KEY_LENGTH_MAX = 200;
const VALUE_BYTES_MAX = 16_384;

/** Makes the ledger on Redis: each call is one function of `migrations/0002-ledger.lua`. */
export function makeRedisLedger(calls: PartitionCalls): Ledger {
  function call<T>(
    kind: LedgerKind,
    name: string,
    repeatable: boolean,
    fn: string,
    ...args: (string | number)[]
  ): Promise<T> {
    const partition = partitionOfName(name, calls.partitions);
    const key = ledgerKey(partition, kind, name);
    return calls.call(partition, repeatable, (link) => link.redis.fcall(fn, 1, key, ...args) as Promise<T>);
  }

  return {
    async putIfAbsent(name, value, lifeMs) {
      check(name, value);
      const [stored, present] = await call<[number, string]>('value', name, false, 'sgl1_put', value, lifeMs);
      return { stored: stored === 1, value: present };
    },

    async get(name) {
      check(name);
      const partition = partitionOfName(name, calls.partitions);
      return calls.call(partition, true, (link) => link.redis.get(ledgerKey(partition, 'value', name)));
    },

    async replaceIf(name, expected, value, lifeMs) {
      check(name, value);
      const wanted = expected === null ? [0, ''] : [1, expected];
      return (await call<number>('value', name, false, 'sgl1_replace', ...wanted, value, lifeMs)) === 1;
    },

    async delete(name, expected) {
      check(name);
      const wanted = expected === undefined ? [0, ''] : [1, expected];
      return (await call<number>('value', name, false, 'sgl1_delete', ...wanted)) === 1;
    },

    async addMember(set, member, lifeMs, max) {
      check(set, member);
      await call('set', set, true, 'sgl1_add', member, lifeMs, max);
    },

    async removeMember(set, member) {
      check(set);
      const partition = partitionOfName(set, calls.partitions);
      await calls.call(partition, true, (link) => link.redis.zrem(ledgerKey(partition, 'set', set), member));
    },

    async members(set, limit) {
      check(set);
      return call<string[]>('set', set, true, 'sgl1_members', limit);
    },

    async count(name, lifeMs) {
      check(name);
      return call<number>('count', name, false, 'sgl1_count', lifeMs);
    },
  };
}

/** FNV-1a over the name's UTF-16 code units, modulo the number of partitions. */
function partitionOfName(name: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

function check(name: string, value = ''): void {
  if (name === '' || name.length > KEY_LENGTH_MAX) throw new RangeError('a ledger key out of bounds');
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw new RangeError('a ledger value out of bounds');
}
