import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { scanHistory } from '../../src/http/tickets/scan-history.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { TicketSecrets } from '../../src/secrets/ticket-secrets.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { systemTime } from '../../src/time/system-time.ts';
import type { Time } from '../../src/time/time.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { ADA } from '../ticket/given.ts';

const ring = new KeyRing([randomBytes(32).toString('base64url')]);

type Sets = Pick<Ledger, 'addMember' | 'members'>;

function history(sets: Partial<Sets>, time: Time = systemTime) {
  return scanHistory({
    ledger: sets as Ledger,
    secrets: new TicketSecrets(ring),
    makingKeyId: () => ring.makingId,
    time,
    settings: { windowMs: 1000, codesMax: 1, scansMax: 1, waitMs: 50 },
  });
}

const BOTH = { many_codes: 'allow', many_scans: 'allow' } as const;

const scanned = (ticketId: string, browserIp = '192.0.2.1', user = ADA) => ({ user, ticketId, browserIp });

/** Sets in memory, without lives. */
function setsInMemory(): Sets & { readonly all: ReadonlyMap<string, readonly string[]> } {
  const all = new Map<string, string[]>();
  return {
    all,
    async addMember(set, member, _lifeMs, max) {
      all.set(set, [member, ...(all.get(set) ?? []).filter((other) => other !== member)].slice(0, max));
    },
    members: async (set, limit) => (all.get(set) ?? []).slice(0, limit),
  };
}

test('counts that fail are unknown', async () => {
  const addMember = () => Promise.reject(new Error('away'));
  expect(await history({ addMember })(scanned('t'), BOTH)).toEqual({ isUnknown: true });
});

test('counts that do not come are unknown, and keep nobody longer than their bound', async () => {
  const time = new VirtualTime();
  const addMember = () => new Promise<never>(() => undefined);
  let known: unknown;
  const counted = history({ addMember }, time)(scanned('t'), BOTH).then((found) => (known = found));
  await time.passSlowly(49);
  expect([known, time.waiting]).toEqual([undefined, 1]);
  await time.passSlowly(1);
  await counted;
  expect([known, time.waiting]).toEqual([{ isUnknown: true }, 0]);
});

test('count a code once, however many phones scan it at one time and however often', async () => {
  const count = history(setsInMemory());
  const bob = { ...ADA, subject: 'bob' };
  const same = await Promise.all(
    [ADA, bob, ADA].map((user) => count(scanned('one', '192.0.2.1', user), BOTH)),
  );
  for (const { codes, scans } of same) expect([codes?.count, scans?.count]).toEqual([1, 1]);
  const next = await count(scanned('two'), BOTH);
  expect([next.codes?.count, next.scans?.count]).toEqual([2, 2]);
  const others = await count(scanned('three', '192.0.2.1', bob), BOTH);
  expect([others.codes?.count, others.scans?.count]).toEqual([2, 2]);
});

test('are kept under names that tell neither address, user nor ticket, one of an IPv6 network', async () => {
  const sets = setsInMemory();
  const count = history(sets);
  for (const ip of ['192.0.2.1', '2001:db8:1:200::1', '2001:db8:1:2ff::2', ''])
    await count(scanned(`ticket-${ip}`, ip), BOTH);
  const names = [...sets.all.keys()];
  expect(names.filter((name) => name.startsWith('risk-codes:'))).toHaveLength(2);
  expect(names.filter((name) => name.startsWith('risk-scans:'))).toHaveLength(1);
  expect([...sets.all].flat(2).join()).not.toMatch(/192|2001|ada|ticket/);
});
