import { z } from 'zod';
import { OAuthError } from '../../oauth/error.ts';
import type { ShownToken } from '../../oauth/tokens/access.ts';
import type { UserInfoEndpoint } from '../../oauth/tokens/userinfo.ts';
import type { Answer } from '../answer/answer.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { shownToken } from '../caller/credentials.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { oauthError, proofHeaders } from '../request/schemas.ts';
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

export interface UserInfoRouteParts extends NonceParts {
  readonly oauth: NonceParts['oauth'] & { readonly userInfo: UserInfoEndpoint };
}

const common = { path: '/oauth/userinfo', errors: 'oauth', crossOrigin: true } as const;
const operation = {
  summary: 'Who signed in',
  description:
    'Asks the session: one that was revoked or has expired is a 401. A token that is bound to a key comes by ' +
    '`Authorization: DPoP` with a proof (RFC 9449, section 7.1), and never as a bearer.',
  tags: ['oauth'],
  security: ['accessToken'],
  headers: proofHeaders,
  answers: {
    200: { description: 'Claims of the token’s scope.', schema: userInfo },
    401: {
      description: '`invalid_token` (RFC 6750); `invalid_dpop_proof`, `use_dpop_nonce` (RFC 9449).',
      schema: oauthError,
    },
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
    handle: (request) => userInfoAnswer(parts, request, shownToken(request.raw)),
  });
}

const form = z.object({ access_token: z.string().max(4096).optional() });

/** `POST /oauth/userinfo` (OpenID Connect Core §5.3.1), the token in the header or the form (RFC 6750 §2.2). */
export function userInfoByPostRoute(parts: UserInfoRouteParts): Route {
  return route({
    ...common,
    method: 'post',
    operation: { id: 'userInfoByPost', ...operation, body: { type: 'form', schema: form } },
    handle: (request) => {
      const [shown, posted] = [shownToken(request.raw), request.body.access_token];
      if (shown !== undefined && posted !== undefined)
        throw new OAuthError('invalid_request', 'The token comes in two ways.');
      const byForm = posted && ({ token: posted, scheme: 'Bearer', proof: undefined } as const);
      return userInfoAnswer(parts, request, shown ?? (byForm || undefined));
    },
  });
}

// A HEAD runs as a GET, and its proof is for a HEAD.
async function userInfoAnswer(
  { oauth }: UserInfoRouteParts,
  { raw, method }: Pick<RouteRequest, 'raw' | 'method'>,
  shown: ShownToken | undefined,
): Promise<Answer> {
  const body = await oauth.userInfo(shown, method);
  return { status: 200, headers: { ...NO_STORE, ...nonceFor(oauth, raw) }, body };
}
