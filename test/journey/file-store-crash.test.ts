import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { refusedStart, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway?.stop();
});

test('a second process on the folder is refused in one line', async () => {
  const refused = await refusedStart({ env: { SCANGATE_STORE: `file:${gateway.folder}/store` } });
  expect(refused.code).toBe(1);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  expect(refused.stderr).toMatch(/^scangate: SCANGATE_STORE: /);
});

test('a gateway killed mid sign-in comes back on its folder, and browsers complete over every transport', async () => {
  const begun = await Promise.all(
    TRANSPORTS.map(async (transport) => {
      const ticket = await mint(gateway.url);
      const watching = watch(transport, ticket);
      const code = readScanCode(await watching.told('pending'));
      const scanned = expectStatus(await scan(gateway.url, code), 201);
      await watching.told('scanned');
      return { ticket, watching, scanned, transport };
    }),
  );
  await gateway.kill();
  await gateway.restart();
  for (const { ticket, watching, scanned, transport } of begun) {
    expectStatus(await confirm(gateway.url, scanned), 200);
    const { result } = await watching.final;
    expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
    const statuses = watching.notices.map((notice) => notice.status);
    expect({ transport, statuses }).toEqual({ transport, statuses: ['pending', 'scanned', 'confirmed'] });
  }
});
