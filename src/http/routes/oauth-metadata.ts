import { z } from 'zod';
import { metadata } from '../../oauth/metadata.ts';
import type { Answer } from '../answer/answer.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

const document = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Metadata', description: 'RFC 8414; OpenID Connect Discovery 1.0.' });

const common = { method: 'get', crossOrigin: true } as const;
const operation = {
  tags: ['oauth'],
  answers: { 200: { description: 'What there is, and where.', schema: document } },
} as const;

/** `GET /.well-known/openid-configuration`. */
export function openidConfigurationRoute({ issuer }: { readonly issuer: string }): Route {
  return route({
    ...common,
    path: '/.well-known/openid-configuration',
    operation: { ...operation, id: 'openidConfiguration', summary: 'OpenID Connect discovery' },
    handle: () => metadataAnswer(issuer),
  });
}

/** `GET /.well-known/oauth-authorization-server`. */
export function oauthMetadataRoute({ issuer }: { readonly issuer: string }): Route {
  return route({
    ...common,
    path: '/.well-known/oauth-authorization-server',
    operation: { ...operation, id: 'oauthMetadata', summary: 'OAuth discovery' },
    handle: () => metadataAnswer(issuer),
  });
}

function metadataAnswer(issuer: string): Answer {
  return { status: 200, headers: { 'Cache-Control': 'public, max-age=300' }, body: metadata(issuer) };
}
