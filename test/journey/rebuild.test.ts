import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import { headKey } from '../../src/store/keys.ts';
import { partitionOf, ticketSubject } from '../../src/store/subject.ts';
import { MINTED } from '../contract/appends.ts';
import { openStores } from '../store/redis-support.ts';
import { rounds } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

const USER = { source: 'demo', issuer: 'demo', subject: 'ada' };
const PHONE = { ip: '127.0.0.1', agent: '' };
/** Pending, scanned and redeemed tickets in turn, in all partitions: 1, 2 and 4 events. */
const TICKETS = 300;
const EVENTS = 700;

let redis: Redis;
let warm: Warm;
const keys: string[] = [];

beforeAll(async () => {
  warm = startWarm();
  redis = await startRedis();
  // A slow run of all that follows must not outlive the heads.
  const { store } = await openStores(redis.url, { historyMs: 3_600_000 });
  const commands = ticketCommands({
    store,
    makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
    tries: 6,
  });
  const run = (id: string, command: Parameters<typeof commands.run>[1]): Promise<unknown> =>
    commands.run(id, command, () => undefined);
  for (let i = 0; i < TICKETS; i++) {
    const id = randomBytes(16).toString('base64url');
    keys.push(headKey(partitionOf(ticketSubject(id), 16), ticketSubject(id)));
    await commands.mint(id, MINTED);
    if (i % 3 > 0) await run(id, { type: 'scan', user: USER, phone: PHONE });
    if (i % 3 > 1) await run(id, { type: 'confirm', user: USER });
    if (i % 3 > 1) await run(id, { type: 'redeem' });
  }
  await store.close();
});

afterAll(async () => {
  await Promise.all([redis?.stop(), warm.stop()]);
});

interface Told {
  readonly status: number | null;
  readonly said: string;
}

/** Runs `scangate rebuild` as an operator does. */
async function rebuildBy(run: Warm['scangate'], ...args: readonly string[]): Promise<Told> {
  const { status, stdout, stderr } = await run(['rebuild', ...args], { SCANGATE_STORE: redis.url });
  return { status, said: stdout + stderr };
}

function rebuild(...args: readonly string[]): Promise<Told> {
  return rebuildBy(warm.scangate, ...args);
}

// The partitions, 16, are not the same number for each of five; one thread, and several, are in other tests, too.
test.each([5, 2, 1].slice(0, rounds(1, 3)))(
  'on %i threads every ticket is folded once, and its head is as the log says',
  async (threads) => {
    const { status, said } = await rebuildBy(scangate, '--threads', String(threads));
    expect(said).toContain(
      `${EVENTS} events of ${TICKETS} tickets: ${TICKETS} heads equal to the byte, 0 rebuilt, 0 over,`,
    );
    expect(status).toBe(0);
  },
);

test('heads that are missing are put back, each by one thread', async () => {
  const before = await redis.ask('MGET', ...keys);
  await redis.ask('DEL', ...keys.slice(0, 200));
  expect((await rebuild('--threads', '3')).said).toContain(
    ': 100 heads equal to the byte, 200 rebuilt, 0 over,',
  );
  expect(await redis.ask('MGET', ...keys)).toEqual(before);
});

test('a head that is not what the log says is named, and the status tells', async () => {
  const key = keys[0] as string;
  const head = String(await redis.ask('GET', key));
  await redis.ask('SET', key, head.replace(' pending ', ' scanned '), 'KEEPTTL');
  const { status, said } = await rebuild();
  expect(said).toContain('1 different');
  expect(said).toContain(`differs: ${key.slice(key.indexOf('ticket:'))}`);
  expect(status).toBe(1);
  await redis.ask('SET', key, head, 'KEEPTTL');
});

test('a ticket with an event of a later release is counted, and left alone', async () => {
  const key = keys[0] as string;
  const subject = key.slice(key.indexOf('ticket:'));
  const head = await redis.ask('GET', key);
  const entry = `["${subject}",2,"2-1",1,2,"dreamt",1,"1-1",{}]`;
  await redis.ask('XADD', key.replace(/h:.*/, 'log'), '*', 'e', entry);
  const { status, said } = await rebuild('--threads', '2');
  expect(said).toContain(`${EVENTS + 1} events of ${TICKETS - 1} tickets: ${TICKETS - 1} heads equal`);
  expect(said).toContain('1 of a later release, 0 different');
  expect(status).toBe(0);
  expect(await redis.ask('GET', key)).toBe(head);
});

test.each([['--threads'], ['--threads', '0'], ['--threads', 'two'], ['--threads', '17'], ['--thread', '2']])(
  'rebuild %s %s is a wrong call',
  async (...args) => {
    const { status, said } = await rebuild(...args);
    expect(said).toContain('--threads');
    expect(status).toBe(2);
  },
);
