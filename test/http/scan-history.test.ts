import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { scanHistory } from '../../src/http/tickets/scan-history.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { TicketSecrets } from '../../src/secrets/ticket-secrets.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { ADA } from '../ticket/given.ts';

const ring = new KeyRing([randomBytes(32).toString('base64url')]);

function history(count: Ledger['count']) {
  return scanHistory({
    ledger: { count } as Ledger,
    secrets: new TicketSecrets(ring),
    makingKeyId: () => ring.makingId,
    time: systemTime,
    settings: { windowMs: 1000, codesMax: 1, scansMax: 1, waitMs: 50 },
  });
}

const BOTH = { many_codes: 'allow', many_scans: 'allow' } as const;

test.each<readonly [string, Ledger['count']]>([
  ['do not come', () => new Promise(() => undefined)],
  ['fail', () => Promise.reject(new Error('away'))],
])('counts that %s are unknown, and keep nobody longer than their bound', async (_what, count) => {
  const startedAt = performance.now();
  expect(await history(count)(ADA, '192.0.2.1', BOTH)).toEqual({ isUnknown: true });
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test('are kept under names that tell neither address nor user, one of an IPv6 network', async () => {
  const names: string[] = [];
  const count = history((name) => Promise.resolve(names.push(name)));
  for (const ip of ['192.0.2.1', '2001:db8:1:200::1', '2001:db8:1:2ff::2', '']) await count(ADA, ip, BOTH);
  const codes = names.filter((name) => name.startsWith('risk-codes:'));
  expect(codes).toHaveLength(3);
  expect(new Set(codes).size).toBe(2);
  expect(new Set(names.filter((name) => name.startsWith('risk-scans:'))).size).toBe(1);
  expect(names.join()).not.toMatch(/192|2001|ada/);
});
