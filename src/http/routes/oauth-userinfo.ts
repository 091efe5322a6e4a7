import { z } from 'zod';
import { OAuthError } from '../../oauth/error.ts';
import type { UserInfoEndpoint } from '../../oauth/tokens/userinfo.ts';
import type { Answer } from '../answer/answer.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { oauthError } from '../request/schemas.ts';
import { NO_STORE } from './oauth-token.ts';

const userInfo = z
  .object({
    sub: z.string(),
    name: z.string().optional(),
    picture: z.string().optional(),
    locale: z.string().optional(),
    email: z.string().optional(),
    email_verified: z.boolean().optional(),
    phone_number: z.string().optional(),
    phone_number_verified: z.boolean().optional(),
  })
  .catchall(z.unknown())
  .meta({ id: 'UserInfo', description: 'OpenID Connect Core, section 5.3.' });

export interface UserInfoRouteParts {
  readonly oauth: { readonly userInfo: UserInfoEndpoint };
}

const common = { path: '/oauth/userinfo', errors: 'oauth', crossOrigin: true } as const;
const operation = {
  summary: 'Who signed in',
  description: 'Asks the session: one that was revoked or has expired is a 401.',
  tags: ['oauth'],
  security: ['accessToken'],
  answers: {
    200: { description: 'Claims of the token’s scope.', schema: userInfo },
    401: { description: '`invalid_token` (RFC 6750).', schema: oauthError },
    403: { description: '`insufficient_scope`.', schema: oauthError },
  },
  refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
} as const;

/** `GET /oauth/userinfo`. */
export function userInfoRoute(parts: UserInfoRouteParts): Route {
  return route({
    ...common,
    method: 'get',
    operation: { id: 'userInfo', ...operation },
    handle: ({ bearer }) => userInfoAnswer(parts, bearer),
  });
}

const form = z.object({ access_token: z.string().max(4096).optional() });

/** `POST /oauth/userinfo` (OpenID Connect Core §5.3.1), the token in the header or the form (RFC 6750 §2.2). */
export function userInfoByPostRoute(parts: UserInfoRouteParts): Route {
  return route({
    ...common,
    method: 'post',
    operation: { id: 'userInfoByPost', ...operation, body: { type: 'form', schema: form } },
    handle: ({ bearer, body }) => {
      if (bearer !== undefined && body.access_token !== undefined)
        throw new OAuthError('invalid_request', 'The token comes in two ways.');
      return userInfoAnswer(parts, bearer ?? body.access_token);
    },
  });
}

async function userInfoAnswer({ oauth }: UserInfoRouteParts, bearer: string | undefined): Promise<Answer> {
  return { status: 200, headers: NO_STORE, body: await oauth.userInfo(bearer) };
}
