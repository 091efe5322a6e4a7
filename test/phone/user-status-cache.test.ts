import { outwardTo } from '../support/outward.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { breaker } from '../../src/phone/breaker.ts';
import { userStatus } from '../../src/phone/user-status.ts';
import { systemTime } from '../../src/time/system-time.ts';

const alice = { source: 'jwt', issuer: 'i', subject: 'alice' };

test('an answer counts for its time, and many at once are one question', async () => {
  let [clock, calls] = [0, 0];
  const server = createServer((_req, res) => {
    calls += 1;
    res.end('{"status":"active"}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const now = (): number => clock;
  const bounds = {
    timeoutMs: 500,
    tries: 1,
    pauseMs: 1,
    failuresMax: 3,
    openMs: 1000,
    time: { ...systemTime, now },
    random: () => 0,
  };
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const isActive = userStatus({
    address,
    token: undefined,
    call: outwardTo(),
    breaker: breaker(bounds),
    cacheMs: 5000,
    now,
  });

  expect(await Promise.all(Array.from({ length: 20 }, () => isActive(alice)))).toEqual(
    Array.from({ length: 20 }, () => true),
  );
  clock = 4999;
  await isActive(alice);
  expect(calls).toBe(1);
  await isActive({ ...alice, source: 'oidc' });
  expect(calls).toBe(2);
  clock = 5000;
  await isActive(alice);
  expect(calls).toBe(3);
  server.closeAllConnections();
  server.close();
});
