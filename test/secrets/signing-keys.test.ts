import { sign, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { SIGNING_ALGS, signingKeys } from '../../src/secrets/signing-keys.ts';
import type { SigningAlg } from '../../src/secrets/signing-keys.ts';

const ONE = Buffer.alloc(32, 1).toString('base64url');
const TWO = Buffer.alloc(32, 2).toString('base64url');
const DIGEST: Record<SigningAlg, string | null> = { RS256: 'sha256', ES256: 'sha256', EdDSA: null };

test.each(SIGNING_ALGS)('two nodes of one ring have the same %s key, and it works', async (alg) => {
  const ring = new KeyRing([ONE]);
  const here = await signingKeys(ring).of(ring.makingId, alg);
  const there = await signingKeys(new KeyRing([ONE])).of(ring.makingId, alg);
  if (here === undefined || there === undefined) throw new Error('no key');
  expect(there.kid).toBe(here.kid);
  const text = Buffer.from('a token');
  const signature = sign(DIGEST[alg], text, here.privateKey);
  expect(there.jwk).toEqual(here.jwk);
  if (alg !== 'ES256') expect(sign(DIGEST[alg], text, there.privateKey)).toEqual(signature);
  expect(verify(DIGEST[alg], text, there.publicKey, signature)).toBe(true);
  expect(verify(DIGEST[alg], Buffer.from('another'), there.publicKey, signature)).toBe(false);
  expect(here.kid).toBe(await calculateJwkThumbprint(here.jwk));
});

test('an RSA key has 2048 bits', async () => {
  const ring = new KeyRing([TWO]);
  const key = await signingKeys(ring).of(ring.makingId, 'RS256');
  expect(key?.privateKey.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65537n });
});

test('all keys of the ring are published, none of them private, before and after a rotation', async () => {
  const before = await signingKeys(new KeyRing([ONE, TWO])).jwks();
  const after = await signingKeys(new KeyRing([TWO, ONE])).jwks();
  expect(before.keys).toHaveLength(6);
  expect(new Set(after.keys.map(({ kid }) => kid))).toEqual(new Set(before.keys.map(({ kid }) => kid)));
  for (const key of before.keys) {
    expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name))).toEqual(
      [],
    );
    expect(key).toMatchObject({ use: 'sig' });
  }
});

test('a key that left the ring is gone', async () => {
  const old = new KeyRing([ONE]);
  const kid = (await signingKeys(old).of(old.makingId, 'EdDSA'))?.kid ?? '';
  expect(await signingKeys(new KeyRing([TWO])).of(old.makingId, 'EdDSA')).toBeUndefined();
  expect(await signingKeys(new KeyRing([TWO])).byKid(kid, 'EdDSA')).toBeUndefined();
  expect((await signingKeys(new KeyRing([TWO, ONE])).byKid(kid, 'EdDSA'))?.kid).toBe(kid);
  expect(await signingKeys(new KeyRing([ONE])).byKid(kid, 'RS256')).toBeUndefined();
});
