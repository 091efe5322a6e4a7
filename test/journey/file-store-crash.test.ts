import { expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { refusedStart, startGateway } from '../support/gateway.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

test.each(TRANSPORTS)(
  'a gateway killed mid sign-in comes back on its folder, and the browser completes over %s',
  async (transport) => {
    const gateway = await startGateway();
    try {
      const ticket = await mint(gateway.url);
      const watching = watch(transport, ticket);
      const scanned = expectStatus(
        await scan(gateway.url, readScanCode(await watching.told('pending'))),
        201,
      );
      await watching.told('scanned');
      await gateway.kill();
      await gateway.restart();
      expectStatus(await confirm(gateway.url, scanned), 200);
      const { result } = await watching.final;
      expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
      expect(watching.notices.map((notice) => notice.status)).toEqual(['pending', 'scanned', 'confirmed']);
    } finally {
      await gateway.stop();
    }
  },
);

test('a second process on the folder is refused in one line', async () => {
  const gateway = await startGateway();
  try {
    const refused = await refusedStart({ env: { SCANGATE_STORE: `file:${gateway.folder}/store` } });
    expect(refused.code).toBe(1);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).toMatch(/^scangate: SCANGATE_STORE: /);
  } finally {
    await gateway.stop();
  }
});
