import { createHash } from 'node:crypto';
import type { KeyRing } from '../../secrets/key-ring.ts';
import type { Ledger } from '../../store/ledger.ts';
import { OAuthError } from '../error.ts';
import { dpopNonces } from './nonces.ts';
import { badProof, readProof } from './proof.ts';
import type { Proof, ProvenRequest } from './proof.ts';

/**
 * By what a proof counts as fresh: by a nonce of ours; or, where it only names a key and opens nothing, by its own time too.
 */
export type Freshness = 'nonce' | 'nonce_or_time';

/** A key that a request proved to hold. */
export interface ProvenKey {
  /** Its thumbprint (RFC 9449 §6.1). */
  readonly jkt: string;
  /** The hash of the access token that the proof goes with. */
  readonly ath: string | undefined;
  /** Makes the proof count. @throws OAuthError `invalid_dpop_proof` where it did before, at whichever node. */
  spend(): Promise<void>;
}

/** Proofs that a client holds a key (DPoP, RFC 9449). */
export interface KeyProofs {
  /** A nonce for the client's next proof. */
  nonce(): string;
  /**
   * What a proof proves. It counts once it is spent.
   *
   * @throws OAuthError `invalid_dpop_proof`; `use_dpop_nonce` with the nonce in its header.
   */
  prove(proof: string, request: ProvenRequest, freshness: Freshness): Promise<ProvenKey>;
  /** The thumbprint of the key that a request to one of our own addresses proves, spent; undefined without a proof. */
  keyOf(
    proof: string | undefined,
    request: { readonly method: string; readonly path: string },
    freshness: Freshness,
  ): Promise<string | undefined>;
}

export interface KeyProofsOptions {
  /** The public address without a trailing slash. */
  readonly issuer: string;
  readonly ring: KeyRing;
  readonly ledger: Ledger;
  /** Milliseconds since the epoch, by this node's clock. */
  readonly now: () => number;
}

/** How long a nonce is good. */
const NONCE_LIFE_MS = 300_000;
/** How far the clocks of two nodes may differ. */
const SKEW_MS = 60_000;
/** How far a client's clock may be off, where its proof has no nonce. */
const TOLERANCE_MS = 300_000;

/**
 * Makes the proofs' judge. A proof counts once, at all nodes together: a digest of its key and `jti` stays in the ledger for as
 * long as its nonce or its time would let it count.
 */
export function keyProofs({ issuer, ring, ledger, now }: KeyProofsOptions): KeyProofs {
  const nonces = dpopNonces(ring, now);

  async function prove(text: string, request: ProvenRequest, freshness: Freshness): Promise<ProvenKey> {
    const proof = await readProof(text, request);
    const lifeMs = freshFor(proof, freshness);
    return { jkt: proof.jkt, ath: proof.ath, spend: () => spend(proof, lifeMs) };
  }

  function freshFor({ nonce, iat }: Proof, freshness: Freshness): number {
    if (nonce !== undefined) {
      const ageMs = nonces.ageOf(nonce);
      if (ageMs === undefined || ageMs > NONCE_LIFE_MS || ageMs < -SKEW_MS) throw needsNonce();
      return NONCE_LIFE_MS - ageMs + SKEW_MS;
    }
    if (freshness === 'nonce') throw needsNonce();
    const offMs = now() - iat * 1000;
    if (Math.abs(offMs) > TOLERANCE_MS) throw badProof('iat is too far from now.');
    return TOLERANCE_MS - offMs + SKEW_MS;
  }

  async function spend({ jkt, jti }: Proof, lifeMs: number): Promise<void> {
    const digest = createHash('sha256')
      .update(JSON.stringify([jkt, jti]))
      .digest('base64url');
    const { stored } = await ledger.putIfAbsent(`dpop:${digest}`, '', Math.ceil(lifeMs));
    if (!stored) throw badProof('it was used before.');
  }

  function needsNonce(): OAuthError {
    return new OAuthError('use_dpop_nonce', 'The DPoP proof needs the nonce of the DPoP-Nonce header.', {
      'DPoP-Nonce': nonces.make(),
    });
  }

  return {
    nonce: () => nonces.make(),
    prove,
    async keyOf(proof, { method, path }, freshness) {
      if (proof === undefined) return undefined;
      const proven = await prove(proof, { method, address: `${issuer}${path}` }, freshness);
      await proven.spend();
      return proven.jkt;
    },
  };
}
