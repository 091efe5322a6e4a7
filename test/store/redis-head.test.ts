import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventStore, Head } from '../../src/store/event-store.ts';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import { sessionSubject, ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, SCANNED, SEED, appendMaker, freshId, headOf, opened, seeded } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

const { log } = partitionKeys(0);
const LONG = { ms: 60_000 };
const random = seeded(SEED);
const { first, next } = appendMaker(random);
let redis: Redis;
let store: EventStore;

beforeAll(async () => {
  redis = await startRedis();
  store = (await openStores(redis.url)).store;
});

afterAll(async () => {
  await store.close();
  await redis.stop();
});

const kept = async (subject: Subject): Promise<string> =>
  (await redis.ask('GET', headKey(0, subject))) as string;

async function newestEntryId(): Promise<string> {
  const [[id]] = (await redis.ask('XREVRANGE', log, '+', '-', 'COUNT', 1)) as [[string]];
  return id;
}

async function mint(): Promise<{ readonly head: Head; readonly entryId: string }> {
  const subject = ticketSubject(freshId(random, 'AA'));
  await store.append([first(subject, { type: 'minted', data: MINTED }, LONG)]);
  return { head: await headOf(store, subject), entryId: await newestEntryId() };
}

test('what a ticket was minted with stands once in memory: the head names the entry that has it', async () => {
  const { head, entryId } = await mint();
  expect(await kept(head.subject)).toMatch(new RegExp(` @${entryId} }$`));
  await store.append([next(head, SCANNED, { life: LONG })]);
  const text = await kept(head.subject);
  expect(text).toContain(` @${entryId} ,"scanned":`);
  expect(text).not.toContain(MINTED.code_challenge ?? '');
  expect((await headOf(store, head.subject)).blob.startsWith(head.blob.slice(0, -1))).toBe(true);
});

test('every answer has it whole: reads, refusals, and a head that was put back', async () => {
  const { head } = await mint();
  const again = first(head.subject, { type: 'minted', data: MINTED }, LONG);
  const refused = await store.append([again]);
  expect(refused.outcome).toBe('conflict');
  expect('head' in refused && refused.head).toEqual(head);
  const before = await kept(head.subject);
  await redis.ask('DEL', headKey(0, head.subject));
  expect(await store.rebuild(head.subject)).toEqual(head);
  expect(await kept(head.subject)).toBe(before);
});

test('a blob that begins otherwise than its entry is kept whole', async () => {
  const subject = ticketSubject(freshId(random, 'AA'));
  const append = first(subject, { type: 'minted', data: MINTED }, LONG);
  const blob = append.head.blob.replace('"minted":', '"minted": ');
  await store.append([{ ...append, head: { ...append.head, blob } }]);
  expect(await kept(subject)).toContain(blob);
  expect((await headOf(store, subject)).blob).toBe(blob);

  const session = sessionSubject(freshId(random, 'AA'));
  const { head } = await mint();
  await store.append([first(session, opened(head.subject, head.moments[0]?.id ?? '1-0'), LONG)]);
  expect(await kept(session)).toContain((await headOf(store, session)).blob);
});

test('an entry of another ticket is not taken for its own', async () => {
  const [one, other] = [await mint(), await mint()];
  const text = (await kept(one.head.subject)).replace(`@${one.entryId}`, `@${other.entryId}`);
  await redis.ask('SET', headKey(0, one.head.subject), text, 'KEEPTTL');
  expect((await store.read([one.head.subject])).heads).toEqual([null]);
});
