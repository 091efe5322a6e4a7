import { ledgerKey } from '../keys.ts';
import type { LedgerKind } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import type { PartitionCalls } from './connection/partition-calls.ts';
import type { RedisConnection } from './connection/redis-connection.ts';
import type { Assurer } from './events/assurer.ts';
import { partitionOfName } from './format/ledger-partition.ts';

const KEY_LENGTH_MAX = 200;
const VALUE_BYTES_MAX = 16_384;

/**
 * Makes the ledger on Redis: each call is one function of `migrations/0002-ledger.lua`.
 *
 * @param assurer lets what may happen once only be told as done, or as done before. Counts and lists do not wait for it.
 */
export function makeRedisLedger(calls: PartitionCalls, assurer: Assurer): Ledger {
  const { call, callOnValue, callOnce } = makeLedgerCalls(calls, assurer);

  return {
    async putIfAbsent(name, value, lifeMs) {
      check(name, value);
      const [stored, present] = await callOnce<[number, string]>(name, 'sgl1_put', value, lifeMs);
      return { stored: stored === 1, value: present };
    },

    async get(name) {
      check(name);
      return callOnValue<string | null>(name, true, (redis, key) => redis.get(key));
    },

    async replaceIf(name, expected, value, lifeMs) {
      check(name, value);
      const wanted = expected === null ? [0, ''] : [1, expected];
      return (await callOnce<number>(name, 'sgl1_replace', ...wanted, value, lifeMs)) === 1;
    },

    async delete(name, expected) {
      check(name);
      const wanted = expected === undefined ? [0, ''] : [1, expected];
      return (await callOnce<number>(name, 'sgl1_delete', ...wanted)) === 1;
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

    async counted(name) {
      check(name);
      const partition = partitionOfName(name, calls.partitions);
      const key = ledgerKey(partition, 'count', name);
      return Number(await calls.call(partition, true, (link) => link.redis.get(key)));
    },
  };
}

function makeLedgerCalls(calls: PartitionCalls, assurer: Assurer) {
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

  /** A call about a value, whose answer is told only once it may be. */
  function callOnValue<T>(
    name: string,
    repeatable: boolean,
    run: (redis: RedisConnection, key: string) => Promise<unknown>,
  ): Promise<T> {
    const partition = partitionOfName(name, calls.partitions);
    return calls.call(partition, repeatable, async (link) => {
      const answer = await run(link.redis, ledgerKey(partition, 'value', name));
      await assurer.assure(link, partition);
      return answer as T;
    });
  }

  function callOnce<T>(name: string, fn: string, ...args: (string | number)[]): Promise<T> {
    return callOnValue<T>(name, false, (redis, key) => redis.fcall(fn, 1, key, ...args));
  }

  return { call, callOnValue, callOnce };
}

function check(name: string, value = ''): void {
  if (name === '' || name.length > KEY_LENGTH_MAX) throw new RangeError('a ledger key out of bounds');
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw new RangeError('a ledger value out of bounds');
}
