import { expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import { cancel, mint } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

test('every state that is told is counted, by transport', async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  const gateway = await startGateway({ env: { SCANGATE_ADMIN_LISTEN: admin } });
  try {
    const ticket = await mint(gateway.url);
    const watches = TRANSPORTS.map((transport) => watch(transport, ticket));
    await Promise.all(watches.map((one) => one.told('pending')));
    await cancel(ticket);
    await Promise.all(watches.map((one) => one.final));
    const { text } = await call(`http://${admin}/metrics`);
    for (const transport of ['sse', 'poll', 'socket'])
      expect(text).toMatch(new RegExp(`^scangate_notices_total\\{transport="${transport}"\\} 2$`, 'm'));
  } finally {
    await gateway.stop();
  }
});
