import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import type { RedisStores } from '../../src/store/redis/open.ts';
import { idOf } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, freshId } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { openStores } from './redis-support.ts';

let redis: Redis;
let stores: RedisStores;

beforeAll(async () => {
  redis = await startRedis();
  stores = await openStores(redis.url);
});

afterAll(async () => {
  await stores?.store.close();
  await redis?.stop();
});

/** More in one partition than one call of `ZSCAN` brings, and than Redis keeps in one piece. */
const CROWD = 700;
const OTHERS = 60;

test('all that lives is named, in every partition and beyond a page; what has ended is not', async () => {
  const tickets = ticketCommands({
    store: stores.store,
    makeNonce: () => randomBytes(6).readUIntBE(0, 6).toString(),
    tries: 6,
  });
  const ids = [
    ...Array.from({ length: CROWD }, () => freshId(Math.random, 'AA')),
    ...Array.from({ length: OTHERS }, () => freshId(Math.random)),
  ];
  await Promise.all(ids.map((id) => tickets.mint(id, MINTED)));
  const ended = ids.filter((_id, index) => index % 3 === 0);
  await Promise.all(ended.map((id) => tickets.run(id, { type: 'cancel' }, () => undefined)));

  const named: Subject[] = [];
  let pages = 0;
  for await (const page of stores.living()) {
    named.push(...page);
    pages += 1;
  }
  const living = ids.filter((id) => !ended.includes(id));
  expect([...new Set(named.map(idOf))].sort()).toEqual([...living].sort());
  expect(pages).toBeGreaterThan(16);
});

test('a partition is begun again where the connection is lost: another server may have taken its place', async () => {
  const named: string[] = [];
  let isLost = false;
  for await (const page of stores.living()) {
    named.push(...page.map(idOf));
    if (page.length < 100 || isLost) continue;
    isLost = true;
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'normal');
  }
  expect(isLost).toBe(true);
  expect(named.length).toBeGreaterThan(new Set(named).size + 100);
});
