import { z } from 'zod';
import type { IntrospectionEndpoint } from '../../oauth/tokens/introspection.ts';
import type { RevocationEndpoint } from '../../oauth/tokens/revocation.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { oauthError } from '../request/schemas.ts';
import { NO_STORE, clientMembers } from './oauth-token.ts';

const form = z.object({
  ...clientMembers,
  token: z.string().max(4096).optional(),
  token_type_hint: z.string().max(100).optional(),
});

const introspection = z
  .object({
    active: z.boolean(),
    client_id: z.string().optional(),
    sub: z.string().optional(),
    sid: z.string().optional(),
    scope: z.string().optional(),
    iss: z.string().optional(),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    token_type: z.string().optional(),
    cnf: z.object({ jkt: z.string() }).optional().meta({ description: 'The key it is bound to (RFC 9449).' }),
    jti: z.string().optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    auth_time: z.int().optional(),
    amr: z.array(z.string()).optional(),
    status: z.string().optional(),
  })
  .catchall(z.unknown())
  .meta({ id: 'Introspection', description: 'RFC 7662, section 2.2.' });

export interface TokenStateRouteParts {
  readonly oauth: { readonly introspect: IntrospectionEndpoint; readonly revoke: RevocationEndpoint };
}

const common = { method: 'post', errors: 'oauth', limit: 'tokens' } as const;
const refused = {
  400: { description: 'RFC 6749, section 5.2.', schema: oauthError },
  401: { description: '`invalid_client`.', schema: oauthError },
} as const;

/** `POST /oauth/introspect`. */
export function introspectRoute({ oauth }: TokenStateRouteParts): Route {
  return route({
    ...common,
    path: '/oauth/introspect',
    operation: {
      id: 'introspect',
      summary: 'Is this token good?',
      description:
        'Asks the session. A client may ask about its own tokens, and the access tokens of the clients named in its `introspects`.',
      tags: ['oauth'],
      security: ['clientBasic', 'formAlone'],
      body: { type: 'form', schema: form },
      answers: { 200: { description: 'What there is to know.', schema: introspection }, ...refused },
      refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => ({
      status: 200,
      headers: NO_STORE,
      body: await oauth.introspect({ form: request.body, authorization: request.raw.authorization }),
    }),
  });
}

/** `POST /oauth/revoke`. */
export function revokeRoute({ oauth }: TokenStateRouteParts): Route {
  return route({
    ...common,
    path: '/oauth/revoke',
    crossOrigin: true,
    operation: {
      id: 'revoke',
      summary: 'End a session by one of its tokens',
      description: 'Access and refresh tokens end together (RFC 7009).',
      tags: ['oauth'],
      security: ['clientBasic', 'formAlone'],
      body: { type: 'form', schema: form },
      answers: { 200: { description: 'It is over, or was.' }, ...refused },
      refusals: ['store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      await oauth.revoke({ form: request.body, authorization: request.raw.authorization });
      return { status: 200, headers: NO_STORE };
    },
  });
}
