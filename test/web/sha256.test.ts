import { expect, test } from '@jest/globals';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { encodeBase64url } from '../../src/web/client/base64url.ts';
import { sha256 } from '../../src/web/client/sha256.ts';
import { challengeOf, makeVerifier } from '../../src/web/client/verifier.ts';

test('sha256 agrees with node:crypto on every length around its blocks and on random bytes', () => {
  const lengths = [
    ...Array.from({ length: 200 }, (_, i) => i),
    ...Array.from({ length: 200 }, () => randomInt(5000)),
  ];
  for (const length of lengths) {
    const bytes = randomBytes(length);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect([length, Buffer.from(sha256([...bytes])).toString('hex')]).toEqual([length, expected]);
  }
});

test('base64url agrees with node:buffer', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = randomBytes(length);
    expect(encodeBase64url([...bytes])).toBe(bytes.toString('base64url'));
  }
});

test('a challenge is the S256 of its verifier, as in RFC 7636 appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
  const verifier = makeVerifier((count) => [...randomBytes(count)]);
  expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(challengeOf(verifier)).toBe(createHash('sha256').update(verifier).digest('base64url'));
});
