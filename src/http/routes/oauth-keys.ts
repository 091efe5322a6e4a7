import { z } from 'zod';
import type { SigningKeys } from '../../secrets/signing-keys.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

const jwks = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: 'JsonWebKeySet', description: 'RFC 7517.' });

/** `GET /oauth/jwks`: the public keys of all that signs or has signed. */
export function jwksRoute({ keys }: { readonly keys: SigningKeys }): Route {
  return route({
    method: 'get',
    path: '/oauth/jwks',
    errors: 'oauth',
    crossOrigin: true,
    operation: {
      id: 'jwks',
      summary: 'The public keys that check tokens',
      tags: ['oauth'],
      answers: { 200: { description: 'RFC 7517.', schema: jwks } },
    },
    handle: async () => ({
      status: 200,
      headers: { 'Cache-Control': 'public, max-age=300' },
      body: await keys.jwks(),
    }),
  });
}
