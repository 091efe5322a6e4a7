import { setMaxListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { openFileQueue } from '../../src/keepers/file/open-queue.ts';
import type { FileQueue } from '../../src/keepers/file/file-queue.ts';
import { Couriers } from '../../src/webhooks/couriers.ts';
import type { Delivery } from '../../src/webhooks/courier.ts';
import type { CallReceiver, TryOutcome } from '../../src/webhooks/receiver-call.ts';
import type { Receiver } from '../../src/webhooks/receiver.ts';
import { temporaryFolder } from '../support/folder.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 5, 1);
const FAILED: TryOutcome = { kind: 'failed', cause: 'network', why: 'ECONNREFUSED' };
const DELIVERED: TryOutcome = { kind: 'delivered' };

interface Try {
  readonly receiver: string;
  readonly id: string;
  readonly ticket: string;
  readonly at: number;
  endedAt?: number;
  ok?: boolean;
}

interface Stage {
  readonly time: VirtualTime;
  readonly queue: FileQueue;
  readonly tries: Try[];
  readonly deliveries: Delivery[];
  /** Lets time go on, with every write to the disk that is due done first. */
  pass(ms: number): Promise<void>;
  put(receivers: readonly string[], tickets: number, events: number): Promise<void>;
}

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Couriers on a real queue, in a time that the test moves. @param answer what comes of a try, and after how long. */
async function stage(
  receivers: readonly string[],
  answer: (one: Try) => { readonly afterMs: number; readonly outcome: TryOutcome },
  bytesMax = 10_000_000,
): Promise<Stage> {
  const folder = await temporaryFolder();
  const time = new VirtualTime(START_MS);
  let busy = 0;
  const queue = await openFileQueue(folder.path, {
    bytesMax,
    now: () => time.wallNow(),
    onGone: () => undefined,
  });
  // Time stands still while the disk is at work.
  const counted = new Proxy(queue, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]) => {
        busy += 1;
        try {
          return (await Reflect.apply(member, target, args)) as unknown;
        } finally {
          busy -= 1;
        }
      };
    },
  });
  const tries: Try[] = [];
  const deliveries: Delivery[] = [];
  const call: CallReceiver = (receiver, { id, body }, signal) =>
    new Promise((resolve) => {
      const { ticket_id: ticket = '' } = (JSON.parse(body) as { data: { ticket_id?: string } }).data;
      const one: Try = { receiver: receiver.id, id, ticket, at: time.now() };
      tries.push(one);
      const { afterMs, outcome } = answer(one);
      const end = time.after(afterMs, () => {
        one.endedAt = time.now();
        one.ok = outcome.kind === 'delivered';
        resolve(outcome);
      });
      setMaxListeners(0, signal);
      signal.addEventListener('abort', () => {
        end();
        resolve({ kind: 'ended' });
      });
    });
  const couriers = new Couriers({
    queue: counted,
    archive: { keys: () => Promise.resolve(new Map()) },
    call,
    time,
    lookMs: 120_000,
    trustedMs: Number.POSITIVE_INFINITY,
    onDelivery: (_receiver, delivery) => void deliveries.push(delivery),
    onWaiting: () => undefined,
  });
  couriers.follow(
    receivers.map((id): Receiver => ({ id, url: 'http://127.0.0.1/', keys: [], isPrivate: true })),
  );
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet = busy === 0 ? quiet + 1 : 0) await turn();
  }
  async function pass(ms: number): Promise<void> {
    const end = time.now() + ms;
    await settle();
    for (let next = time.next; next !== undefined && next <= end; next = time.next) {
      time.pass(next - time.now());
      await settle();
    }
    time.pass(end - time.now());
  }
  let link = 0;
  let id = 0;
  async function put(names: readonly string[], tickets: number, events: number): Promise<void> {
    const messages = Array.from({ length: events }, (_, event) =>
      Array.from({ length: tickets }, (__, ticket) => ({ event, ticket: `t${ticket}` })),
    )
      .flat()
      .flatMap(({ ticket }) => {
        id += 1;
        const text = JSON.stringify({ id: String(id), at: '', kind: 'minted', ticket_id: ticket });
        return names.map((receiver) => ({ receiver, id: String(id), subject: ticket, text }));
      });
    await queue.put([{ chain: 0, from: link, to: (link += 1) }], messages);
    couriers.poke(new Set(names));
  }
  ends.push(async () => {
    const closed = couriers.close();
    await pass(1000);
    await closed;
    await queue.close();
    await folder.remove();
  });
  return { time, queue, tries, deliveries, pass, put };
}

function of(tries: readonly Try[], receiver: string): readonly Try[] {
  return tries.filter((one) => one.receiver === receiver);
}

/** Each message of a receiver was delivered once, in order for each ticket, and tried again only after it was not. */
function expectAll(tries: readonly Try[], count: number): void {
  const delivered = tries.filter(({ ok }) => ok === true);
  expect(new Set(delivered.map(({ id }) => id)).size).toBe(count);
  expect(delivered).toHaveLength(count);
  for (const ticket of new Set(tries.map((one) => one.ticket))) {
    const theirs = tries.filter((one) => one.ticket === ticket);
    for (const [index, one] of theirs.entries()) {
      const next = theirs[index + 1];
      if (next === undefined) continue;
      expect(next.at).toBeGreaterThanOrEqual(one.endedAt ?? Infinity);
      const [id, after] = [Number(one.id.slice(4)), Number(next.id.slice(4))];
      if (one.ok === true) expect(after).toBeGreaterThan(id);
      else expect(after).toBe(id);
    }
  }
}

test('a receiver that is dead an hour, one that fails each third and one that takes 30 s get all, and the healthy one waits for none', async () => {
  const names = ['dead', 'third', 'slow', 'healthy'];
  let thirds = 0;
  const { time, tries, pass, put } = await stage(names, ({ receiver }) => {
    if (receiver === 'dead')
      return { afterMs: 5, outcome: time.now() < START_MS + HOUR_MS ? FAILED : DELIVERED };
    if (receiver === 'third') return { afterMs: 5, outcome: (thirds += 1) % 3 === 0 ? FAILED : DELIVERED };
    return { afterMs: receiver === 'slow' ? 30_000 : 5, outcome: DELIVERED };
  });
  for (let round = 0; round < 4; round += 1) {
    const at = time.now();
    await put(names, 5, 2);
    await pass(30_000);
    const healthy = of(tries, 'healthy').filter((one) => one.at >= at);
    expect(healthy).toHaveLength(10);
    expect(Math.max(...healthy.map(({ endedAt }) => (endedAt ?? Infinity) - at))).toBeLessThan(100);
  }
  await pass(4 * HOUR_MS);
  for (const name of names) expectAll(of(tries, name), 40);
  expect(of(tries, 'healthy')).toHaveLength(40);
  expect(of(tries, 'dead').length).toBeGreaterThan(40);
});

test('a message is tried after 1, 5 and 30 s, then at twice the time, for more than a day; then the next of its ticket', async () => {
  const { tries, deliveries, queue, pass, put } = await stage(['away'], ({ id }) => {
    return { afterMs: 0, outcome: id === 'msg_1' ? FAILED : DELIVERED };
  });
  await put(['away'], 1, 2);
  await pass(48 * HOUR_MS);
  const first = tries.filter(({ id }) => id === 'msg_1');
  const waits = first.slice(1).map(({ at }, index) => (at - first[index]!.at) / 1000);
  expect(waits.slice(0, 6)).toEqual([1, 5, 30, 60, 120, 240]);
  expect(waits.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(86_400);
  expect(deliveries.filter(({ kind }) => kind === 'dead')).toEqual([
    { kind: 'dead', id: '1', cause: 'network', why: 'ECONNREFUSED' },
  ]);
  expect(tries.at(-1)).toMatchObject({ id: 'msg_2', ok: true });
  expect((await queue.take('away', { limit: 10, after: undefined, inHand: false })).messages).toEqual([]);
});

test('of more than a node has in hand nothing is left behind, and what was let go is told', async () => {
  const { tries, pass, put } = await stage(['many'], () => ({ afterMs: 1, outcome: DELIVERED }), 300_000);
  await put(['many'], 1500, 1);
  await pass(300_000);
  const gap = tries.filter(({ id }) => id.startsWith('gap_'));
  expect(gap).toHaveLength(1);
  expect(tries.length - 1).toBeGreaterThan(1000);
  expect(Number(gap[0]!.id.slice(4)) + tries.length - 1).toBe(1500);
});

test('a receiver whose last try failed is tried one message at a time, until it takes one', async () => {
  let isAway = true;
  const { tries, pass, put } = await stage(['away'], () => {
    return { afterMs: 40_000, outcome: isAway ? FAILED : DELIVERED };
  });
  await put(['away'], 40, 1);
  await pass(60_000);
  expect(tries).toHaveLength(33);
  isAway = false;
  await pass(600_000);
  expectAll(tries, 40);
});
