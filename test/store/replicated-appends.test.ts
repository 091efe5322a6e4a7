import { expect, test } from '@jest/globals';
import type { Append } from '../../src/store/event-store.ts';
import type { appendArguments } from '../../src/store/redis/format/append-call.ts';
import type { Link } from '../../src/store/redis/connection/link.ts';
import { ReplicatedAppends } from '../../src/store/redis/events/replicated-appends.ts';
import { makePartitionCalls } from '../../src/store/redis/connection/partition-calls.ts';
import type { Shards } from '../../src/store/redis/connection/shard.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { until } from '../support/until.ts';

/** A connection whose server has as many replicas as it is asked for, and answers when it is let. */
function stand(replicas: number) {
  const wanted: number[] = [];
  const answers: (() => void)[] = [];
  const pipeline = () => {
    let appends = 0;
    return {
      fcall: () => (appends += 1),
      wait: (count: number) => wanted.push(count),
      exec: async () => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return [...Array.from({ length: appends }, () => [null, 'written']), [null, wanted.at(-1)]];
      },
    };
  };
  const link = { up: true, closed: false, assertUp: () => undefined, redis: { pipeline } } as unknown as Link;
  const shard = { durable: link, replicas };
  const shards = { of: () => shard, refresh: () => undefined } as unknown as Shards;
  const calls = makePartitionCalls({
    shards,
    partitions: 1,
    time: systemTime,
    timeoutMs: 5000,
    onLibraryGone: () => Promise.resolve(),
  });
  const admission = { admit: () => Promise.resolve() };
  const appends = new ReplicatedAppends({ calls, shards, admission, timeoutMs: 100, time: systemTime });
  const send = () =>
    appends.send([] as readonly Append[], 0, ['sg2_append', 0] as ReturnType<typeof appendArguments>);
  return { shard, wanted, answers, send };
}

test('a replica that joins while appends keep coming is waited for from then on', async () => {
  const { shard, wanted, answers, send } = stand(1);
  const first = send();
  await until(() => answers.length === 1);
  shard.replicas = 2;
  const second = send();
  answers[0]?.();
  expect(await first).toEqual({ reply: 'written', reached: true });
  await until(() => answers.length === 2);
  answers[1]?.();
  expect(await second).toEqual({ reply: 'written', reached: true });
  expect(wanted).toEqual([1, 2]);
});
