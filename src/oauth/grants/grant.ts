import type { Client } from '../clients/client.ts';
import type { ClientProof } from '../clients/client-auth.ts';
import type { TokenAnswer } from '../tokens/tokens.ts';

/** A request to the token endpoint (RFC 6749 §3.2). */
export interface TokenRequest extends ClientProof {
  readonly idempotencyKey: string | undefined;
}

/** Runs one grant for a client that proved itself. @throws OAuthError */
export type RunGrant = (client: Client, request: TokenRequest) => Promise<TokenAnswer>;
