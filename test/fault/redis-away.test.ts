import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

const AWAY_MS = 5000;
const POLL = TRANSPORTS.indexOf('poll');

let redis: Redis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis({ config: { appendonly: 'yes' } });
  gateway = await startGateway({ env: { SCANGATE_STORE: redis.url } });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

test('5 s without Redis: writes are refused in time, those who wait stay, and all goes on', async () => {
  const tickets = await Promise.all(TRANSPORTS.map(() => mint(gateway.url)));
  const watching = TRANSPORTS.map((transport, index) => watch(transport, tickets[index]!));
  await Promise.all(watching.map((one) => one.told('pending')));
  const scanned = await Promise.all(
    tickets.map(async ({ notice }) => expectStatus(await scan(gateway.url, readScanCode(notice)), 201)),
  );
  await Promise.all(watching.map((one) => one.told('scanned')));
  await until(() => watching[POLL]!.connections() === 3, { what: 'a poll that asks for what follows' });
  await sleep(500); // it is on its way, and then waits
  const connections = watching.map((one) => one.connections());

  const awayAt = performance.now();
  await redis.kill();
  const refusals = await Promise.all(scanned.map((one) => confirm(gateway.url, one)));
  // Redis is still away: whoever waited for it would wait yet.
  for (const answer of refusals) {
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'store_unavailable' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await sleep(Math.max(0, AWAY_MS - (performance.now() - awayAt)));
  expect(watching.map((one) => one.connections())).toEqual(connections);
  await redis.restart();

  await Promise.all(
    scanned.map((one) => until(async () => (await confirm(gateway.url, one)).status === 200)),
  );
  const outcomes = await Promise.all(watching.map((one) => one.final));
  expect(outcomes.map(({ status }) => status)).toEqual(TRANSPORTS.map(() => 'confirmed'));
  expect(watching.flatMap(({ notices }) => notices).filter(({ reset }) => reset)).toEqual([]);
});

test('a Redis that is killed and restarted with its append-only file between any two steps loses none', async () => {
  const crash = async (): Promise<void> => {
    await redis.kill();
    await redis.restart();
  };
  const ticket = await mint(gateway.url);
  const watching = watch('events', ticket);
  await watching.told('pending');
  await crash();
  const scanned = await once(() => scan(gateway.url, readScanCode(ticket.notice)));
  await crash();
  await once(() => confirm(gateway.url, scanned));
  await crash();
  const { result } = await watching.final;
  await crash();
  const trade = () => redeem(gateway.url, ticket, result!.code, { idempotencyKey: 'one' });
  const tokens = await once(trade);
  await crash();
  const again = await once(trade);
  expect(again.access_token.split('.')[1]).toBeDefined();
  expect(sessionOf(again.access_token)).toBe(sessionOf(tokens.access_token));
});

/** Asks again while the gateway says that its store is away. */
async function once<T>(request: () => Promise<Answer<T>>): Promise<T> {
  const answer = await until(async () => {
    const now = await request();
    return now.status !== 503 && now;
  });
  return expectStatus(answer, 200, 201);
}

function sessionOf(accessToken: string): unknown {
  const payload = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as {
    readonly sid: unknown;
  };
  return payload.sid;
}
