import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

let redis: Redis;
let here: Gateway;
let there: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  const env = { SCANGATE_STORE: redis.url };
  [here, there] = await Promise.all([startGateway({ env }), startGateway({ env })]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await redis?.stop();
});

const SWITCHES = TRANSPORTS.flatMap((from) => TRANSPORTS.map((to) => [from, to] as const));

describe.each(SWITCHES)('from %s to %s, on the other node', (from, to) => {
  test.each([
    ['after pending', 'before', 'pending'],
    ['after pending', 'behind', 'pending'],
    ['after scanned', 'before', 'scanned'],
    ['after scanned', 'behind', 'scanned'],
  ] as const)('%s, the next transition %s the switch', async (_when, order, switchAt) => {
    const ticket = await mint(here.url);
    const first = watch(from, ticket);
    const scanIt = async () =>
      expectStatus(await scan(there.url, readScanCode(await first.told('pending'))), 201);
    let scanned = switchAt === 'scanned' ? await scanIt() : undefined;
    const { cursor } = await first.told(switchAt);
    first.stop();

    const move = async (): Promise<void> => {
      if (scanned === undefined) scanned = await scanIt();
      else expectStatus(await confirm(here.url, scanned), 200);
    };
    if (order === 'before') await move();
    const second = watch(to, ticket, { after: cursor, bases: [there.url] });
    if (order === 'behind') await move();
    await second.told(switchAt === 'pending' ? 'scanned' : 'confirmed');
    if (switchAt === 'pending') expectStatus(await confirm(here.url, scanned!), 200);
    await second.final;

    const told = [...first.notices, ...second.notices];
    expect(told.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed']);
    expect(told.filter(({ reset }) => reset)).toEqual([]);
  });

  test('after confirmed there is nothing to come back for', async () => {
    const ticket = await mint(here.url);
    const first = watch(from, ticket);
    const scanned = expectStatus(await scan(there.url, readScanCode(await first.told('pending'))), 201);
    expectStatus(await confirm(here.url, scanned), 200);
    const { cursor } = await first.final;
    const second = watch(to, ticket, { after: cursor, bases: [there.url], reconnect: false });
    await expect(second.final).rejects.toThrow('without an outcome');
    expect(second.notices).toEqual([]);
    expect(second.endings).toEqual([to === 'socket' ? '1000' : '204']);
  });
});
