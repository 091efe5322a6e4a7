import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { logoutCalls } from '../../src/oauth/logout/logout-call.ts';
import { outwardTo } from '../support/outward.ts';

test('a logout token is posted, and never to a name that stands for an address of the link itself', async () => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.end();
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/out`;
  const callAt = (resolved: string): Promise<boolean> =>
    logoutCalls(outwardTo(() => Promise.resolve([resolved])))(address, 'token');
  try {
    expect(await callAt('169.254.169.254')).toBe(false);
    expect(calls).toBe(0);
    expect(await callAt('127.0.0.1')).toBe(true);
    expect(calls).toBe(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
