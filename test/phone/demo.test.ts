import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { demoIdentity, demoUser } from '../../src/phone/demo.ts';
import { pageSessions } from '../../src/phone/page-session.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { sealOf } from '../../src/secrets/seal.ts';
import type { User } from '../../src/ticket/events.ts';
import { phoneIdentityContract } from '../contract/phone-identity.ts';

const secret = (): string => randomBytes(32).toString('base64url');
const alice: User = { source: 'demo', issuer: 'demo', subject: 'alice', name: 'alice' };

phoneIdentityContract('demo', () => {
  let clock = 1_000_000;
  const ring = new KeyRing([secret()]);
  const sessions = pageSessions(sealOf(ring, 'page-session'), 1000, () => clock);
  const over = sessions.issue(alice);
  clock += 1000;
  const foreign = pageSessions(sealOf(new KeyRing([secret()]), 'page-session'), 1000, () => clock);
  const elsewhere = pageSessions(sealOf(ring, 'other'), 1000, () => clock);
  return Promise.resolve({
    identity: demoIdentity(sessions, () => clock + 5000),
    good: [
      { what: 'bearer', credential: { bearer: 'demo-alice' }, user: { ...alice, auth_time: 1006 } },
      {
        what: 'page session',
        credential: { pageSession: sessions.issue(alice) },
        user: { ...alice, auth_time: 1001 },
      },
    ],
    bad: [
      { what: 'no name', credential: { bearer: 'demo-' } },
      { what: 'a name that is too long', credential: { bearer: `demo-${'a'.repeat(256)}` } },
      { what: 'a session that is over', credential: { pageSession: over } },
      { what: 'another gateway’s session', credential: { pageSession: foreign.issue(alice) } },
      { what: 'a seal of another purpose', credential: { pageSession: elsewhere.issue(alice) } },
      {
        what: 'a session of another source',
        credential: { pageSession: sessions.issue({ ...alice, source: 'oidc' }) },
      },
      { what: 'a bearer in the cookie', credential: { pageSession: 'demo-alice' } },
    ],
  });
});

test('a session sealed with a key that moved to second place still opens', () => {
  const [old, fresh] = [secret(), secret()];
  const before = pageSessions(sealOf(new KeyRing([old]), 'page-session'), 1000, () => 0);
  const after = pageSessions(sealOf(new KeyRing([fresh, old]), 'page-session'), 1000, () => 0);
  expect(after.read(before.issue(alice), 'demo')).toEqual(alice);
});

test('the subject is the very name, in any script; what is shown of it is one safe line', () => {
  for (const name of ['小明', 'a\nb', ' a ', '\u202eada', 'e\u0301', 'x'.repeat(255)])
    expect(demoUser(name)?.subject).toBe(name);
  expect(demoUser('a\nb')?.name).toBe('a b');
  expect(demoUser('\u202e')).toEqual({ source: 'demo', issuer: 'demo', subject: '\u202e' });
});

test('a session says when it was issued, whatever its life is set to since; one that does not say counts as old', () => {
  const seal = sealOf(new KeyRing([secret()]), 'page-session');
  const issued = pageSessions(seal, 1000, () => 5000).issue(alice);
  expect(pageSessions(seal, 9000, () => 6000).issuedAt(issued)).toBe(5000);
  const older = seal.seal(JSON.stringify({ user: alice, until: 7000 }));
  const sessions = pageSessions(seal, 1000, () => 6500);
  expect(sessions.issuedAt(older)).toBe(0);
  expect(sessions.read(older, 'demo')).toEqual(alice);
});
