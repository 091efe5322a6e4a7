import { expect, test } from '@jest/globals';
import { NodeLease } from '../../src/record/ids/node-lease.ts';
import {
  idOf,
  instantOf,
  markIn,
  markOf,
  markedNonce,
  msOf,
  nodeOf,
  readId,
} from '../../src/record/ids/sortable-id.ts';
import { ClockWentBack, STEP_MAX_MS, SortableIds } from '../../src/record/ids/sortable-ids.ts';
import type { IdTrouble } from '../../src/record/ids/sortable-ids.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { Time } from '../../src/time/time.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A clock that is stepped by hand; whoever waits is called at once, the clock having gone on. */
class SteppedTime implements Time {
  ms = START_MS;
  now = (): number => this.ms;
  wallNow = (): number => this.ms;
  soon = (call: () => void): void => call();

  after(ms: number, call: () => void): () => void {
    this.ms += ms;
    queueMicrotask(call);
    return () => undefined;
  }
}

/** A ledger in memory: what a lease takes of it. */
function memoryLedger(): Ledger {
  const values = new Map<string, string>();
  return {
    putIfAbsent: (key: string, value: string) => {
      const stored = !values.has(key);
      if (stored) values.set(key, value);
      return Promise.resolve({ stored, value: values.get(key) ?? '' });
    },
    replaceIf: (key: string, expected: string | null) => Promise.resolve(values.get(key) === expected),
    delete: (key: string) => Promise.resolve(values.delete(key)),
  } as unknown as Ledger;
}

test('16 nodes, their clocks stepped at random, a million ids: unique, and in order on each node', async () => {
  const ledger = memoryLedger();
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (): number => (state = (state * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
  const all = new BigUint64Array(1_000_000);
  let count = 0;
  const troubles = new Set<IdTrouble>();
  for (let node = 0; node < 16; node += 1) {
    const time = new SteppedTime();
    const lease = new NodeLease({ ledger, time, random, token: `node ${node}` });
    await lease.renew();
    const onTrouble = (trouble: IdTrouble): void => void troubles.add(trouble);
    const ids = new SortableIds({ node: lease.node, time, randomMark: () => 0, onTrouble });
    let last = 0n;
    for (let made = 0; made < all.length / 16; made += 1) {
      const turn = random();
      if (turn < 0.02) time.ms += Math.floor(random() * 50);
      else if (turn < 0.021) time.ms -= Math.floor(random() * STEP_MAX_MS);
      if (turn < 0.005) await lease.renew();
      const id = ids.attempt();
      if (typeof id === 'number') {
        time.ms += id;
        made -= 1;
        continue;
      }
      if (id <= last) throw new Error(`seed ${seed}: ${id} after ${last}`);
      last = id;
      all[count] = id;
      count += 1;
    }
  }
  all.sort();
  for (let index = 1; index < all.length; index += 1)
    if (all[index] === all[index - 1]) throw new Error(`seed ${seed}: ${all[index]} twice`);
  expect(count).toBe(1_000_000);
  expect([...troubles]).toEqual(['waited']);
});

test('a large step back is refused until the clock has caught up, and counted', async () => {
  const time = new SteppedTime();
  const troubles: IdTrouble[] = [];
  const ids = new SortableIds({
    node: () => 3,
    time,
    randomMark: () => 0,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  const first = await ids.next();
  time.ms -= STEP_MAX_MS + 1;
  await expect(ids.next()).rejects.toThrow(ClockWentBack);
  expect(troubles).toEqual(['refused']);
  time.ms = START_MS + 1;
  const next = await ids.next();
  expect(next > first).toBe(true);
  expect(nodeOf(next)).toBe(3);
});

test('a node whose lease was not renewed in time gives no number, before another can have it', async () => {
  const time = new SteppedTime();
  const lease = new NodeLease({ ledger: memoryLedger(), time, random: () => 0.5, token: 'a' });
  await lease.renew();
  const number = lease.node();
  expect(number).toBe(512);
  const ids = new SortableIds({ node: lease.node, time, randomMark: () => 77 });
  expect(ids.mark()).toBe(markOf(512, 0));
  time.ms += 150_000;
  expect(lease.node()).toBeUndefined();
  expect(ids.mark()).toBe(77);
  await lease.renew();
  expect(lease.node()).toBe(number);
});

test('two nodes that begin with one number have two', async () => {
  const ledger = memoryLedger();
  const time = new SteppedTime();
  const leases = ['a', 'b'].map((token) => new NodeLease({ ledger, time, random: () => 0, token }));
  for (const lease of leases) await lease.renew();
  const numbers = leases.map((lease) => lease.node());
  expect(new Set(numbers).size).toBe(2);
});

test('an id says when, and which node; a nonce carries its mark', () => {
  const id = idOf(START_MS, markOf(1023, 4095));
  expect([msOf(id), nodeOf(id), instantOf(id)]).toEqual([START_MS, 1023, '2026-01-01T00:00:00.000Z']);
  expect(readId(id.toString())).toBe(id);
  for (const text of ['', '-1', '1x', (1n << 63n).toString()]) expect(readId(text)).toBeUndefined();
  const nonce = markedNonce(2 ** 42 - 1, markOf(5, 9));
  expect(nonce.length).toBeLessThanOrEqual(20);
  expect(markIn(nonce)).toBe(markOf(5, 9));
});
