import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { mint } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { watch } from '../support/watching.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({
    env: { SCANGATE_SSE_HEARTBEAT: 'PT0.5S', SCANGATE_SOCKET_PING: 'PT0.5S' },
  });
});

afterAll(() => gateway?.stop());

test.each(['events', 'socket'] as const)(
  'signs of life go on over %s while nothing happens',
  async (transport) => {
    const watching = watch(transport, await mint(gateway.url));
    await watching.told('pending');
    const before = watching.heartbeats();
    await until(() => watching.heartbeats() >= before + 6, { withinMs: 30_000, what: 'six signs of life' });
    expect(watching.connections()).toBe(1);
    watching.stop();
  },
);
