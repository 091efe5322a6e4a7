import type { Client } from '../clients/client.ts';
import type { ClientProof } from '../clients/client-auth.ts';
import type { TokenAnswer } from '../tokens/tokens.ts';

/** A request to the token endpoint (RFC 6749 §3.2). */
export interface TokenRequest extends ClientProof {
  readonly idempotencyKey: string | undefined;
}

/** The same, once its DPoP proof was looked at. */
export interface ProvenTokenRequest extends TokenRequest {
  /** The thumbprint of the key that it proves; undefined: it proves none. */
  readonly jkt: string | undefined;
}

/** Runs one grant for a client that proved itself. @throws OAuthError */
export type RunGrant = (client: Client, request: ProvenTokenRequest) => Promise<TokenAnswer>;
