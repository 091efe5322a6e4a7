import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

let redis: Redis;
let here: Gateway;
let there: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  [here, there] = await Promise.all([
    startGateway({ env: { SCANGATE_STORE: redis.url } }),
    startGateway({ env: { SCANGATE_STORE: redis.url } }),
  ]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await redis?.stop();
});

test.each(TRANSPORTS)('watched on one gateway, approved on the other, over %s', async (transport) => {
  const { watching } = await signIn(here.url, { transport, phoneUrl: there.url });
  expect(watching.notices.map((notice) => notice.status)).toEqual(['pending', 'scanned', 'confirmed']);
  expect(watching.notices.some((notice) => notice.reset)).toBe(false);
});

test.each(TRANSPORTS)(
  'the gateway that scanned is killed before the confirmation, over %s',
  async (transport) => {
    const doomed = await startGateway({ env: { SCANGATE_STORE: redis.url } });
    const ticket = await mint(here.url);
    const watching = watch(transport, ticket);
    const scanned = expectStatus(await scan(doomed.url, readScanCode(await watching.told('pending'))), 201);
    await watching.told('scanned');
    await doomed.kill();
    expectStatus(await confirm(there.url, scanned), 200);
    const { result } = await watching.final;
    expectStatus(await redeem(there.url, ticket, result?.code ?? ''), 200);
    await doomed.stop();
  },
);

test.each(TRANSPORTS)(
  'the gateway that the browser watches is killed between scan and confirm, over %s',
  async (transport) => {
    const doomed = await startGateway({ env: { SCANGATE_STORE: redis.url } });
    const ticket = await mint(doomed.url);
    const watching = watch(transport, ticket, { bases: [doomed.url, here.url] });
    const scanned = expectStatus(await scan(there.url, readScanCode(await watching.told('pending'))), 201);
    await watching.told('scanned');
    await doomed.kill();
    expectStatus(await confirm(there.url, scanned), 200);
    const { result, reset } = await watching.final;
    expect(reset).toBe(false);
    expectStatus(await redeem(here.url, ticket, result?.code ?? ''), 200);
    await doomed.stop();
  },
);
