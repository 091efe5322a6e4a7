import { z } from 'zod';
import type { TokenEndpoint } from '../../oauth/grants/token-endpoint.ts';
import type { Answer } from '../answer/answer.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { idempotencyHeaders, oauthError, proofHeaders } from '../request/schemas.ts';

/** What no cache may keep (RFC 6749 §5.1). */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** How a client proves itself in a form (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export const clientMembers = {
  client_id: z.string().max(200).optional(),
  client_secret: z.string().max(500).optional(),
  client_assertion_type: z.string().max(200).optional(),
  client_assertion: z.string().max(8192).optional(),
} as const;

const tokenForm = z.object({
  grant_type: z.string().max(200).optional(),
  ...clientMembers,
  code: z.string().max(512).optional(),
  redirect_uri: z.string().max(2000).optional(),
  code_verifier: z.string().max(200).optional(),
  refresh_token: z.string().max(512).optional(),
  device_code: z.string().max(512).optional(),
  scope: z.string().max(512).optional(),
  resource: z.string().max(2000).optional(),
});

const tokenAnswer = z
  .object({
    access_token: z.string(),
    token_type: z.enum(['Bearer', 'DPoP']),
    expires_in: z.int().positive(),
    scope: z.string(),
    refresh_token: z.string().optional(),
    id_token: z.string().optional(),
    receipt: z
      .string()
      .optional()
      .meta({
        description:
          'With the scope `receipt`, beside the first tokens: who approved which request, a JWS of the type `scangate-receipt+jwt` ' +
          'that the keys of `/.well-known/scangate-record-keys` check.',
      }),
  })
  .meta({ id: 'Tokens', description: 'RFC 6749, section 5.1.' });

export interface TokenRouteParts extends NonceParts {
  readonly oauth: NonceParts['oauth'] & { readonly token: TokenEndpoint };
}

/** `POST /oauth/token`. */
export function tokenRoute({ oauth }: TokenRouteParts): Route {
  return route({
    method: 'post',
    path: '/oauth/token',
    errors: 'oauth',
    limit: 'tokens',
    crossOrigin: true,
    operation: {
      id: 'token',
      summary: 'Trade a code, a refresh token or a device code for tokens',
      description:
        'A code counts once. The same `Idempotency-Key`, client and verifier get the same answer again for 10 s. ' +
        'A refresh token is rotated at every use. With a DPoP proof the tokens are bound to its key (RFC 9449); the proof ' +
        'must carry the nonce of the last `DPoP-Nonce`, and `use_dpop_nonce` brings the first.',
      tags: ['oauth'],
      security: ['clientBasic', 'formAlone'],
      headers: idempotencyHeaders.extend(proofHeaders.shape),
      body: { type: 'form', schema: tokenForm },
      answers: {
        200: { description: 'Tokens.', schema: tokenAnswer },
        400: {
          description: 'RFC 6749, section 5.2; RFC 8628, section 3.5; RFC 9449, section 5.',
          schema: oauthError,
        },
        401: { description: '`invalid_client`.', schema: oauthError },
      },
      refusals: ['idempotency_mismatch', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request): Promise<Answer> => {
      const body = await oauth.token({
        form: request.body,
        authorization: request.raw.authorization,
        idempotencyKey: request.headers['idempotency-key'],
        dpop: request.headers.dpop,
      });
      return { status: 200, headers: { ...NO_STORE, ...nonceFor(oauth, request.raw) }, body };
    },
  });
}
