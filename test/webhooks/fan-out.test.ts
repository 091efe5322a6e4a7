import { afterEach, expect, test } from '@jest/globals';
import { openFileQueue } from '../../src/keepers/file/open-queue.ts';
import type { Kept } from '../../src/record/archive.ts';
import { FanOut } from '../../src/webhooks/fan-out.ts';
import type { MessageQueue, WaitingMessage } from '../../src/webhooks/message-queue.ts';
import type { Receiver } from '../../src/webhooks/receiver.ts';
import { temporaryFolder } from '../support/folder.ts';

const ALL: Receiver = { id: 'all', url: 'http://127.0.0.1/', keys: [], isPrivate: true };

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Stage {
  readonly fanOut: FanOut;
  /** The same after a restart. */
  restarted(): FanOut;
  readonly queue: MessageQueue;
  /** Where the record of one chain ends, and what was asked of it. */
  readonly record: { head: number; age: number; reads: number };
  readonly lost: (number | undefined)[];
  waiting(receiver: string): Promise<readonly WaitingMessage[]>;
}

/** A fan-out over a record of one chain, whose head the test moves. @param receivers may change meanwhile. */
async function stage(receivers: readonly Receiver[]): Promise<Stage> {
  const folder = await temporaryFolder();
  const queue = await openFileQueue(folder.path, { bytesMax: 1e8, now: Date.now, onGone: () => undefined });
  const record = { head: 0, age: 0, reads: 0 };
  const lost: (number | undefined)[] = [];
  const entry = (link: number): Kept => {
    const id = BigInt(record.age + link);
    const text = JSON.stringify({ id: String(id), kind: 'minted', ticket_id: `t${id}` });
    return { id, link, chain: 0, hash: '', text };
  };
  const makeFanOut = (): FanOut =>
    new FanOut({
      archive: {
        heads: () => Promise.resolve(new Map([[0, { link: record.head, hash: '' }]])),
        links(_chain, from, limit) {
          record.reads += 1;
          const length = Math.max(0, Math.min(limit, record.head - from + 1));
          return Promise.resolve(Array.from({ length }, (_, index) => entry(from + index)));
        },
      },
      queue,
      receivers: () => receivers,
      time: { wallNow: Date.now },
      onPut: () => undefined,
      onLost: (count) => void lost.push(count),
    });
  ends.push(async () => {
    await queue.close();
    await folder.remove();
  });
  async function waiting(receiver: string): Promise<readonly WaitingMessage[]> {
    return (await queue.take(receiver, { limit: 10_000, after: undefined, inHand: false }))?.messages ?? [];
  }
  return { fanOut: makeFanOut(), restarted: makeFanOut, queue, record, lost, waiting };
}

test('each event is put once, and a record that did not move is not read', async () => {
  const { fanOut, record, waiting } = await stage([ALL, { ...ALL, id: 'none', kinds: new Set(['denied']) }]);
  record.head = 10;
  await fanOut.begin();
  await fanOut.look();
  expect(record.reads).toBe(0);
  record.head = 510;
  await fanOut.look();
  await fanOut.look();
  expect((await waiting('all')).map(({ id }) => Number(id))).toEqual(
    Array.from({ length: 500 }, (_, index) => 11 + index),
  );
  expect(await waiting('none')).toEqual([]);
  expect(record.reads).toBe(3);
});

test('a record that began anew is told from its beginning, and that something may be missing', async () => {
  const { fanOut, record, lost, waiting } = await stage([ALL]);
  record.head = 5000;
  await fanOut.begin();
  record.age = 100_000;
  record.head = 300;
  await fanOut.look();
  const [first, ...others] = await waiting('all');
  expect(first).toMatchObject({ id: '100001', subject: 'lost' });
  expect(JSON.parse(first!.text)).toMatchObject({ kind: 'gap', reason: expect.stringContaining('anew') });
  expect(others.map(({ id }) => Number(id) - record.age)).toEqual(
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
  expect(lost).toEqual([undefined]);
});

test('who joins while none runs is told what happens from then on, and the others what they missed', async () => {
  const receivers = [ALL];
  const { fanOut, restarted, record, waiting } = await stage(receivers);
  await fanOut.begin();
  record.head = 5;
  await fanOut.look();
  // None runs: of more than one step, a part is read before it is killed again.
  record.head = 505;
  receivers.push({ ...ALL, id: 'new' });
  const killed = restarted();
  await killed.begin();
  const looking = killed.look();
  await killed.close();
  await looking;
  record.head = 508;
  const later = restarted();
  await later.begin();
  await later.look();
  expect((await waiting('new')).map(({ id }) => Number(id))).toEqual([506, 507, 508]);
  expect(await waiting('all')).toHaveLength(508);
});

test('who joined before the record began anew is told what the new one holds', async () => {
  const receivers = [ALL];
  const { fanOut, restarted, record, waiting } = await stage(receivers);
  await fanOut.begin();
  record.head = 50;
  await fanOut.look();
  record.head = 100;
  receivers.push({ ...ALL, id: 'new' });
  await restarted().begin();
  record.age = 100_000;
  record.head = 20;
  await restarted().look();
  const [first, ...others] = await waiting('new');
  expect(first).toMatchObject({ subject: 'lost' });
  expect(others).toHaveLength(20);
  record.head = 70;
  await restarted().look();
  expect(await waiting('new')).toHaveLength(71);
});

test('it ends though much is left, and the next goes on there', async () => {
  const receivers = Array.from({ length: 50 }, (_, index) => ({ ...ALL, id: `all${index}` }));
  const { fanOut, queue, record, waiting } = await stage(receivers);
  await fanOut.begin();
  record.head = 2_000;
  const looking = fanOut.look();
  await fanOut.close();
  await looking;
  const read = (await queue.read())?.get(0) ?? 0;
  expect(read).toBeLessThan(1000);
  expect(await waiting('all0')).toHaveLength(read);
});

test('of two chains that are far behind, what happened first is put first', async () => {
  const folder = await temporaryFolder();
  const queue = await openFileQueue(folder.path, { bytesMax: 1e8, now: Date.now, onGone: () => undefined });
  ends.push(async () => {
    await queue.close();
    await folder.remove();
  });
  const LINKS = 500;
  // A session in the first chain is opened right behind a sign-in in the second; and of ids in a chain, not each is greater than the last.
  const entry = (chain: number, link: number): Kept => {
    const id = BigInt(4 * (link % 10 === 0 ? link - 1 : link) + (link % 10 === 0 ? 2 : 0) + 1 - chain);
    const facts = { id: String(id), kind: chain === 0 ? 'opened' : 'confirmed', ticket_id: `t${link}` };
    return { id, link, chain, hash: '', text: JSON.stringify(facts) };
  };
  let head = 0;
  const fanOut = new FanOut({
    archive: {
      heads: () => Promise.resolve(new Map([0, 1].map((chain) => [chain, { link: head, hash: '' }]))),
      links: (chain, from, limit) =>
        Promise.resolve(
          Array.from({ length: Math.max(0, Math.min(limit, head - from + 1)) }, (_, index) =>
            entry(chain, from + index),
          ),
        ),
    },
    queue,
    receivers: () => [ALL],
    time: { wallNow: Date.now },
    onPut: () => undefined,
    onLost: () => undefined,
  });
  await fanOut.begin();
  head = LINKS;
  await fanOut.look();
  const { messages } = await queue.take('all', { limit: 10_000, after: undefined, inHand: false });
  expect(messages).toHaveLength(2 * LINKS);
  const confirmed = new Set<string>();
  const early: string[] = [];
  for (const { subject, text } of messages) {
    if (text.includes('confirmed')) confirmed.add(subject);
    else if (!confirmed.has(subject)) early.push(subject);
  }
  expect(early).toEqual([]);
});
