import { z } from 'zod';
import { metadata } from '../../oauth/metadata.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

const document = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Metadata', description: 'RFC 8414; OpenID Connect Discovery 1.0.' });

/** Both discovery documents. */
export function metadataRoutes(issuer: string): readonly Route[] {
  const body = metadata(issuer);
  const answer = { status: 200, headers: { 'Cache-Control': 'public, max-age=300' }, body };
  const found = { 200: { description: 'What there is, and where.', schema: document } };
  return [
    route({
      method: 'get',
      path: '/.well-known/openid-configuration',
      crossOrigin: true,
      operation: {
        id: 'openidConfiguration',
        summary: 'OpenID Connect discovery',
        tags: ['oauth'],
        answers: found,
      },
      handle: () => answer,
    }),
    route({
      method: 'get',
      path: '/.well-known/oauth-authorization-server',
      crossOrigin: true,
      operation: { id: 'oauthMetadata', summary: 'OAuth discovery', tags: ['oauth'], answers: found },
      handle: () => answer,
    }),
  ];
}
