import { z } from 'zod';
import type { PushedRequests } from '../../oauth/authorization/pushed-requests.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { oauthError, proofHeaders } from '../request/schemas.ts';
import { authorizationMembers } from './oauth-authorize.ts';
import { NO_STORE, clientMembers } from './oauth-token.ts';

const pushed = z
  .object({ request_uri: z.string(), expires_in: z.int().positive() })
  .meta({ id: 'PushedRequest', description: 'RFC 9126, section 2.2.' });

export interface PushedRouteParts extends NonceParts {
  readonly oauth: NonceParts['oauth'] & { readonly pushed: PushedRequests };
}

/** `POST /oauth/par`. */
export function pushedRoute({ oauth }: PushedRouteParts): Route {
  return route({
    method: 'post',
    path: '/oauth/par',
    errors: 'oauth',
    limit: 'tokens',
    crossOrigin: true,
    operation: {
      id: 'pushAuthorizationRequest',
      summary: 'Send an authorization request ahead',
      tags: ['oauth'],
      security: ['clientBasic', 'formAlone'],
      headers: proofHeaders,
      body: {
        type: 'form',
        schema: z.object({
          ...clientMembers,
          ...authorizationMembers,
          request_uri: z.string().max(2000).optional(),
        }),
      },
      answers: {
        201: { description: 'Where to find it, for 90 s.', schema: pushed },
        400: { description: 'What the authorization endpoint would have refused.', schema: oauthError },
        401: { description: '`invalid_client`.', schema: oauthError },
      },
      refusals: ['store_unavailable', 'not_replicated'],
    },
    handle: async ({ body: form, raw, headers: { dpop } }) => {
      const body = await oauth.pushed.push({ form, authorization: raw.authorization, dpop });
      return { status: 201, headers: { ...NO_STORE, ...nonceFor(oauth, raw) }, body };
    },
  });
}
