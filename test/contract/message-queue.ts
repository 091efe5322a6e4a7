import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AddressedMessage, MessageQueue, DeadLetters } from '../../src/webhooks/message-queue.ts';

/** A queue and what an operator sees of it. */
export interface QueuesUnderTest {
  readonly queue: MessageQueue;
  readonly letters: DeadLetters;
  close(): Promise<void>;
}

const TEXT = 'x'.repeat(300);

/** A message for a receiver. */
export function message(receiver: string, id: number, subject = `t${id}`): AddressedMessage {
  return { receiver, id: String(id), subject, text: TEXT };
}

/** What every keeper of the queues promises. @param open empty ones, each time, for at most 20,000 bytes a receiver. */
export function messageQueueContract(open: () => Promise<QueuesUnderTest>): void {
  let queue: MessageQueue;
  let letters: DeadLetters;
  let close: () => Promise<void>;
  let link = 0;

  beforeAll(async () => {
    ({ queue, letters, close } = await open());
  });

  afterAll(() => close());

  async function put(...messages: readonly AddressedMessage[]): Promise<void> {
    const from = link;
    link += Math.max(1, messages.length);
    expect(await queue.put([{ chain: 3, from, to: link }], messages)).toBe(true);
  }

  function take(receiver: string, after?: string, inHand = after !== undefined) {
    return queue.take(receiver, { limit: 100, after, inHand });
  }

  async function ids(receiver: string, after?: string): Promise<readonly string[] | undefined> {
    return (await take(receiver, after))?.messages.map(({ id }) => id);
  }

  test('how far the record was read begins once, and moves with what is put', async () => {
    expect(await queue.read()).toBeUndefined();
    await queue.begin(new Map([[1, 7]]));
    await queue.begin(new Map([[1, 99]]));
    expect(await queue.read()).toEqual(new Map([[1, 7]]));
    expect(await queue.put([{ chain: 1, from: 6, to: 9 }], [message('moves', 1)])).toBe(false);
    expect(await ids('moves')).toEqual([]);
    const moves = [
      { chain: 1, from: 7, to: 9 },
      { chain: 2, from: 0, to: 1 },
    ];
    expect(await queue.put(moves, [message('moves', 1)])).toBe(true);
    // Whoever lost the answer puts nothing twice.
    expect(await queue.put(moves, [message('moves', 1)])).toBe(false);
    expect(await queue.read()).toEqual(
      new Map([
        [1, 9],
        [2, 1],
      ]),
    );
    expect(await ids('moves')).toEqual(['1']);
  });

  test('a receiver joins once, behind links that stand until a chain begins anew, and one that was told something has joined', async () => {
    const links = new Map([
      [3, 70],
      [1, 12],
    ]);
    expect(await queue.joined(['early', 'late'])).toEqual(new Map());
    await queue.join(['early', 'plain'], links);
    await queue.join(['early', 'late'], new Map());
    expect(await queue.joined(['early', 'late', 'nobody'])).toEqual(
      new Map([
        ['early', links],
        ['late', new Map()],
      ]),
    );
    await put(message('told', 1));
    await queue.join(['told'], links);
    expect(await queue.joined(['told', 'plain'])).toEqual(
      new Map([
        ['told', new Map()],
        ['plain', links],
      ]),
    );
    expect(await queue.put([{ chain: 9, from: 0, to: 8 }], [])).toBe(true);
    expect(await queue.put([{ chain: 9, from: 8, to: 2 }], [])).toBe(true);
    expect(await queue.joined(['early', 'plain'])).toEqual(
      new Map([
        ['early', new Map()],
        ['plain', new Map()],
      ]),
    );
  });

  test('messages come in the order in which they were put, each receiver its own', async () => {
    await put(message('one', 5), message('other', 5), message('one', 4));
    await put(message('one', 6));
    const taken = await take('one');
    expect(taken?.messages.map(({ id, subject, text, tries }) => [id, subject, text, tries])).toEqual([
      ['5', 't5', TEXT, 0],
      ['4', 't4', TEXT, 0],
      ['6', 't6', TEXT, 0],
    ]);
    expect(taken).toMatchObject({ anew: true, waiting: 3 });
    const last = taken?.messages.at(-1)?.place;
    expect(await take('one', last)).toMatchObject({ anew: false, messages: [], waiting: 3 });
    // An answer that was lost is asked for again.
    expect(await ids('one', taken?.messages[0]?.place)).toEqual(['4', '6']);
    expect((await queue.take('one', { limit: 1, after: undefined, inHand: true }))?.messages).toHaveLength(1);
    await put(message('one', 7));
    expect(await ids('one', last)).toEqual(['7']);
  });

  test('what is delivered is gone, and what was tried is known as such', async () => {
    await put(message('tries', 1), message('tries', 2), message('tries', 3));
    const places = (await take('tries'))!.messages.map(({ place }) => place);
    await queue.delivered('tries', places[1]!);
    await queue.delivered('tries', places[1]!);
    await queue.tried('tries', places[0]!, 2);
    await queue.release('tries');
    const again = (await take('tries'))!;
    expect(again.messages.map(({ id, tries }) => [id, tries])).toEqual([
      ['1', 2],
      ['3', 0],
    ]);
    expect(again).toMatchObject({ anew: true, waiting: 2 });
    expect(again.messages[0]!.triedAgoMs).toBeGreaterThanOrEqual(0);
  });

  test('what is given up is a dead letter, until it is wanted again', async () => {
    await put(message('dead', 1), message('dead', 2), message('dead', 3));
    const places = (await take('dead'))!.messages.map(({ place }) => place);
    await queue.bury('dead', places[0]!, 15, 'ECONNREFUSED');
    await queue.bury('dead', places[1]!, 15, 'it answered 500');
    await queue.bury('dead', places[1]!, 15, 'it answered 500');
    expect(await letters.figures('dead')).toEqual({ waiting: 1, dead: 2, gone: 0 });
    const [first, second] = await letters.dead('dead', undefined, 10);
    expect(first).toMatchObject({ id: '1', subject: 't1', text: TEXT, tries: 15, reason: 'ECONNREFUSED' });
    expect(first!.at).toBeGreaterThan(0);
    expect((await letters.dead('dead', first!.place, 10)).map(({ id }) => id)).toEqual(['2']);
    expect(await letters.dead('dead', undefined, 1)).toHaveLength(1);
    await letters.replay('dead', [second!.place]);
    await letters.replay('dead', [second!.place]);
    expect((await take('dead', places[2]))?.messages.map(({ id, tries }) => [id, tries])).toEqual([['2', 0]]);
    expect(await letters.figures('dead')).toEqual({ waiting: 2, dead: 1, gone: 0 });
  });

  test('what is more than may wait goes, the oldest first, and is told as a gap once', async () => {
    await put(...Array.from({ length: 60 }, (_, index) => message('gap', index + 1)));
    const { messages, gap, waiting } = (await take('gap'))!;
    const gone = 60 - messages.length;
    expect(gone).toBeGreaterThan(20);
    expect(messages[0]?.id).toBe(String(gone + 1));
    expect(waiting).toBe(messages.length);
    expect(gap).toEqual({ count: gone, from: '1', to: String(gone) });
    await queue.fillGap('gap', { ...gap!, count: 1 }, { id: 'other', subject: 'gap', text: '{}' });
    await queue.fillGap('gap', gap!, { id: 'told', subject: 'gap', text: '{}' });
    await queue.fillGap('gap', gap!, { id: 'told', subject: 'gap', text: '{}' });
    const after = await take('gap', messages.at(-1)?.place);
    expect(after?.messages.map(({ id }) => id)).toEqual(['told']);
    expect(after?.gap).toBeUndefined();
    expect((await letters.figures('gap')).gone).toBe(gone);
  });

  test('what goes while a gap waits to be told widens it, and what told of others stands for all of them', async () => {
    const lost = { receiver: 'wide', id: '1', subject: 'lost', text: JSON.stringify({ count: 500 }) };
    await put(lost, ...Array.from({ length: 60 }, (_, index) => message('wide', index + 2)));
    const before = (await take('wide'))!;
    const { gone } = await letters.figures('wide');
    expect(before.gap).toEqual({ count: 500 + gone, from: '1', to: String(gone + 1) });
    await put(...Array.from({ length: 60 }, (_, index) => message('wide', index + 62)));
    await queue.fillGap('wide', before.gap!, { id: 'old', subject: 'gap', text: '{}' });
    const { gap, messages, waiting } = (await take('wide', undefined, true))!;
    expect(gap).toEqual({ count: 620 - waiting, from: '1', to: String(121 - waiting) });
    expect(messages.some(({ id }) => id === 'old')).toBe(false);
    await queue.fillGap('wide', gap!, { id: '121', subject: 'gap', text: '{}' });
    expect((await take('wide', messages.at(-1)!.place))!.messages.map(({ id }) => id)).toEqual(['121']);
  });
}
