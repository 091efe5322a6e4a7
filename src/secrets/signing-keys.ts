import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { ecKeyFrom } from './ec-key.ts';
import type { KeyRing } from './key-ring.ts';
import { rsaKeyFrom } from './rsa-key.ts';

/** How tokens may be signed: RSASSA-PKCS1-v1_5, which every library checks, ECDSA over P-256, or Ed25519 (RFC 8037). */
export const SIGNING_ALGS = ['RS256', 'ES256', 'EdDSA'] as const;
export type SigningAlg = (typeof SIGNING_ALGS)[number];

/** A key pair that signs tokens, derived from one key of the ring. */
export interface SigningKey {
  /** The JWK thumbprint of the public key (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it stands in the JWKS. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** The gateway's signing keys: one pair for each key of the ring and algorithm. All nodes of one ring have the same. */
export interface SigningKeys {
  /** The pair of one ring key; undefined where the ring no longer holds it. */
  of(ringKeyId: string, alg: SigningAlg): Promise<SigningKey | undefined>;
  /** The pair that a token names in its header; undefined for a key that is not ours. */
  byKid(kid: string, alg: SigningAlg): Promise<SigningKey | undefined>;
  /** All public keys (RFC 7517), those of keys that only check included: so a rotation breaks nobody. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
}

const KEY_FROM: Readonly<Record<SigningAlg, (seed: Buffer) => Promise<KeyObject>>> = {
  RS256: rsaKeyFrom,
  ES256: (seed) => Promise.resolve(ecKeyFrom(seed)),
  EdDSA: (seed) => Promise.resolve(ed25519KeyFrom(seed)),
};

/** Derives signing keys when they are first asked for, each once. */
export function signingKeys(ring: KeyRing): SigningKeys {
  const made = new Map<string, Promise<SigningKey>>();

  function of(ringKeyId: string, alg: SigningAlg): Promise<SigningKey | undefined> {
    const seed = ring.derive(ringKeyId, `sign/${alg}`);
    if (seed === undefined) return Promise.resolve(undefined);
    const name = `${ringKeyId}/${alg}`;
    const known = made.get(name);
    if (known !== undefined) return known;
    const key = KEY_FROM[alg](seed).then((privateKey) => signingKey(alg, privateKey));
    made.set(name, key);
    return key;
  }

  async function all(algs: readonly SigningAlg[]): Promise<SigningKey[]> {
    const keys = await Promise.all(ring.ids.flatMap((id) => algs.map((alg) => of(id, alg))));
    return keys.filter((key) => key !== undefined);
  }

  return {
    of,
    async byKid(kid, alg) {
      return (await all([alg])).find((key) => key.kid === kid);
    },
    async jwks() {
      return { keys: (await all(SIGNING_ALGS)).map((key) => key.jwk) };
    },
  };
}

// PKCS #8 around a bare Ed25519 seed (RFC 8410 §7).
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function ed25519KeyFrom(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function signingKey(alg: SigningAlg, privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const required = requiredOf(alg, publicKey.export({ format: 'jwk' }));
  const kid = createHash('sha256').update(JSON.stringify(required)).digest('base64url');
  return { kid, alg, privateKey, publicKey, jwk: { ...required, kid, alg, use: 'sig' } };
}

// The members that a thumbprint is made of, in the order of their names (RFC 7638 §3.2, RFC 8037 §2).
function requiredOf(
  alg: SigningAlg,
  { kty, crv, x, y, n, e }: JsonWebKey,
): Readonly<Record<string, unknown>> {
  if (alg === 'RS256') return { e, kty, n };
  return alg === 'ES256' ? { crv, kty, x, y } : { crv, kty, x };
}
