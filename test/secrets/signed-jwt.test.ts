import { expect, test } from '@jest/globals';
import { SignJWT, importJWK, jwtVerify } from 'jose';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { signedJwt } from '../../src/secrets/signed-jwt.ts';
import { SIGNING_ALGS, signingKeys } from '../../src/secrets/signing-keys.ts';

const CLAIMS = { iss: 'https://sign.example', sub: 'zoë', aud: ['a', 'b'], iat: 1, nothing: undefined };

test.each(SIGNING_ALGS)('%s: jose checks it against the published key, and writes the same', async (alg) => {
  const ring = new KeyRing([Buffer.alloc(32, 3).toString('base64url')]);
  const key = await signingKeys(ring).of(ring.makingId, alg);
  if (key === undefined) throw new Error('no key');
  const token = await signedJwt(key, 'at+jwt', CLAIMS);
  const { payload, protectedHeader } = await jwtVerify(token, await importJWK(key.jwk, alg));
  expect(protectedHeader).toEqual({ alg, kid: key.kid, typ: 'at+jwt' });
  expect(payload).toEqual({ iss: 'https://sign.example', sub: 'zoë', aud: ['a', 'b'], iat: 1 });
  const joses = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg, kid: key.kid, typ: 'at+jwt' })
    .sign(key.privateKey);
  // An ECDSA signature is another each time.
  const bytes = (text: string): string => (alg === 'ES256' ? text.slice(0, text.lastIndexOf('.')) : text);
  expect(bytes(token)).toBe(bytes(joses));
});
