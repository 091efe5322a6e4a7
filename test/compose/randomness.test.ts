import { expect, test } from '@jest/globals';
import { makeId, makeKey, makeNonce, makeVerifier } from '../../src/compose/randomness.ts';

test('no random bytes are given away twice, however often the system is asked for more', () => {
  const given = Array.from({ length: 1000 }, () => [
    makeId(),
    makeKey().toString('base64url'),
    makeVerifier(),
    makeNonce(),
  ]).flat();
  expect(new Set(given).size).toBe(given.length);
  // Any 8 bytes of one are in no other.
  const parts = given.flatMap((text) => text.match(/.{11}/g) ?? []);
  expect(new Set(parts).size).toBe(parts.length);
});

test('each is as long as it says', () => {
  for (let round = 0; round < 300; round += 1) {
    expect(Buffer.from(makeId(), 'base64url')).toHaveLength(16);
    expect(makeKey()).toHaveLength(32);
    expect(Buffer.from(makeVerifier(), 'base64url')).toHaveLength(32);
    expect(BigInt(makeNonce()) < 2n ** 64n).toBe(true);
  }
});
