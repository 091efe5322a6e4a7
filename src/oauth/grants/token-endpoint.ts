import type { AuthenticateClient } from '../clients/client-auth.ts';
import type { Client, GrantType } from '../clients/client.ts';
import { GRANT_TYPES } from '../clients/client.ts';
import { badProof } from '../dpop/proof.ts';
import type { KeyProofs } from '../dpop/key-proofs.ts';
import { OAuthError } from '../error.ts';
import { required } from '../parameter.ts';
import type { RunGrant, TokenRequest } from './grant.ts';
import type { TokenAnswer } from '../tokens/tokens.ts';

/** Answers `POST /oauth/token` (RFC 6749 §3.2). @throws OAuthError */
export type TokenEndpoint = (request: TokenRequest) => Promise<TokenAnswer>;

/** Makes the endpoint from its grants: who calls, by which key, may it, do it. */
export function tokenEndpoint(
  authenticate: AuthenticateClient,
  proofs: KeyProofs,
  grants: Readonly<Record<GrantType, RunGrant>>,
): TokenEndpoint {
  return async (request) => {
    const asked = required(request, 'grant_type');
    const grant = GRANT_TYPES.find((type) => type === asked);
    if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'There is no such grant here.');
    const client = await authenticate(request);
    if (!client.grant_types.includes(grant) && !(grant === 'refresh_token' && mayRefresh(client.scope)))
      throw new OAuthError('unauthorized_client', 'The client is not registered for this grant.');
    const jkt = await keyOf(client, request);
    return await grants[grant](client, { ...request, jkt });
  };

  async function keyOf(client: Client, { dpop }: TokenRequest): Promise<string | undefined> {
    if (dpop === undefined && client.dpop_bound_access_tokens)
      throw badProof('the client is registered for bound tokens, and there is none.');
    return await proofs.keyOf(dpop, { method: 'POST', path: '/oauth/token' }, 'nonce');
  }
}

// Who may ask for offline_access may use what it brings.
function mayRefresh(scope: readonly string[]): boolean {
  return scope.includes('offline_access');
}
