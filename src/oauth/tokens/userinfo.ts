import { openedOf } from '../../command/session-view.ts';
import type { AccessCheck, ShownToken } from './access.ts';
import { OAuthError } from '../error.ts';
import { releasedClaims } from '../claims/released-claims.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { UserClaims } from '../../ticket/events.ts';

/** Claims about the user (OpenID Connect Core §5.3.2). */
export type UserInfo = UserClaims & { readonly sub: string };

/**
 * Answers `/oauth/userinfo`.
 *
 * @param method of the request, in capitals: a DPoP proof is for one.
 * @throws OAuthError `invalid_token`, `insufficient_scope`, `invalid_dpop_proof`, `use_dpop_nonce`.
 */
export type UserInfoEndpoint = (shown: ShownToken | undefined, method: string) => Promise<UserInfo>;

/** Makes the endpoint: a session that has ended tells nothing more. */
export function userInfoEndpoint(access: AccessCheck, clients: ClientRegistry): UserInfoEndpoint {
  return async (shown, method) => {
    const { claims, view } = await access.require(shown, { method, path: '/oauth/userinfo' });
    if (!claims.scope.includes('openid'))
      throw new OAuthError('insufficient_scope', 'The scope openid is needed.', {
        'WWW-Authenticate': `${shown?.scheme ?? 'Bearer'} error="insufficient_scope", scope="openid"`,
      });
    const { scope, client_id: clientId, sub } = claims;
    const releasing = { ...openedOf(view), scope };
    return { ...releasedClaims(releasing, clients.find(clientId), 'userinfo'), sub };
  };
}
