import { openedOf } from '../../command/session-view.ts';
import type { AccessCheck } from './access.ts';
import { OAuthError } from '../error.ts';
import { profileOf } from './tokens.ts';

/** Claims about the user (OpenID Connect Core §5.3.2). */
export interface UserInfo {
  readonly sub: string;
  readonly name?: string;
  readonly picture?: string;
}

/** Answers `/oauth/userinfo`. @throws OAuthError `invalid_token`, `insufficient_scope`. */
export type UserInfoEndpoint = (bearer: string | undefined) => Promise<UserInfo>;

/** Makes the endpoint: a session that has ended tells nothing more. */
export function userInfoEndpoint(access: AccessCheck): UserInfoEndpoint {
  return async (bearer) => {
    const { claims, view } = await access.require(bearer);
    if (!claims.scope.includes('openid'))
      throw new OAuthError('insufficient_scope', 'The scope openid is needed.', {
        'WWW-Authenticate': 'Bearer error="insufficient_scope", scope="openid"',
      });
    return { sub: claims.sub, ...(claims.scope.includes('profile') ? profileOf(openedOf(view)) : {}) };
  };
}
