import { hash } from 'node:crypto';
import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { KeyProofs } from '../dpop/key-proofs.ts';
import { PROOF_ALGS, badProof } from '../dpop/proof.ts';
import { OAuthError } from '../error.ts';
import type { AccessClaims } from './access-token.ts';
import type { TokenType, Tokens } from './tokens.ts';

/** An access token that we made, and the session it belongs to, as it is now. */
export interface Access {
  readonly claims: AccessClaims;
  readonly view: SessionView;
}

/** An access token as a request shows it: as it stands (RFC 6750 §2), or with a proof of its key (RFC 9449 §7.1). */
export interface ShownToken {
  readonly token: string;
  readonly scheme: TokenType;
  /** The DPoP proof beside it. */
  readonly proof: string | undefined;
}

/** The request that shows it, at one of our own addresses. */
export interface ShowingRequest {
  /** In capitals. */
  readonly method: string;
  readonly path: string;
}

/** Holds access tokens against their sessions. */
export interface AccessCheck {
  /** The token and its session, whatever has become of that; undefined for a token that is not ours or outdated. */
  find(token: string): Promise<Access | undefined>;
  /**
   * The same of a token that a request shows. One that is bound to a key counts with a proof of that key alone, and one that is
   * not never counts as if it were.
   *
   * @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, each with its challenge and a 401.
   */
  shown(shown: ShownToken | undefined, request: ShowingRequest): Promise<Access>;
  /** The same, and its session is active. */
  require(shown: ShownToken | undefined, request: ShowingRequest): Promise<Access>;
}

/**
 * Makes the check: the signature first, then the session and the store's clock, then the key.
 *
 * @param issuer the public address without a trailing slash.
 */
export function accessCheck(
  issuer: string,
  tokens: Tokens,
  sessions: SessionCommands,
  proofs: KeyProofs,
): AccessCheck {
  async function find(token: string): Promise<Access | undefined> {
    const claims = await tokens.readAccess(token);
    if (claims === undefined) return undefined;
    const [view] = await sessions.look([claims.sid]);
    if (!view || view.now >= claims.exp * 1000) return undefined;
    return { claims, view };
  }

  async function shown(asked: ShownToken | undefined, request: ShowingRequest): Promise<Access> {
    if (asked === undefined) throw noToken();
    const access = await find(asked.token);
    const jkt = access?.claims.jkt;
    if (access === undefined) throw wrongToken(asked.scheme);
    if (jkt !== undefined) await checkProof(asked, jkt, request);
    else if (asked.scheme === 'DPoP') throw wrongToken('DPoP');
    return access;
  }

  async function checkProof(
    { token, scheme, proof }: ShownToken,
    jkt: string,
    { method, path }: ShowingRequest,
  ): Promise<void> {
    if (scheme !== 'DPoP') throw wrongToken('DPoP');
    try {
      if (proof === undefined) throw badProof('it is missing.');
      const proven = await proofs.prove(proof, { method, address: `${issuer}${path}` }, 'nonce');
      if (proven.jkt !== jkt) throw badProof('it is of another key than the token.');
      if (proven.ath !== hashOf(token)) throw badProof('ath is not the hash of the token.');
      await proven.spend();
    } catch (error) {
      throw error instanceof OAuthError ? challenged(error) : error;
    }
  }

  return {
    find,
    shown,
    async require(asked, request) {
      const access = await shown(asked, request);
      if (access.view.session.status === 'active') return access;
      throw wrongToken(access.claims.jkt === undefined ? 'Bearer' : 'DPoP');
    },
  };
}

const WRONG = 'The access token is missing, unknown, over, shown in the wrong way, or its session has ended.';

function noToken(): OAuthError {
  return new OAuthError('invalid_token', WRONG, { 'WWW-Authenticate': 'Bearer' });
}

function wrongToken(scheme: TokenType): OAuthError {
  return challenged(new OAuthError('invalid_token', WRONG), scheme);
}

// RFC 6750 §3, RFC 9449 §7.1: whatever is wrong with a token or its proof is told by a challenge.
function challenged({ error, description, headers }: OAuthError, scheme: TokenType = 'DPoP'): OAuthError {
  const algs = scheme === 'DPoP' ? `, algs="${PROOF_ALGS.join(' ')}"` : '';
  const challenge = `${scheme} error="${error}"${algs}`;
  return new OAuthError(error, description, { ...headers, 'WWW-Authenticate': challenge }, {}, 401);
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64url');
}
