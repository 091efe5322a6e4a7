import { z } from 'zod';
import type { OAuthServer } from '../../oauth/server.ts';
import type { Answer } from '../answer/answer.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

interface MetadataRouteParts {
  readonly oauth: Pick<OAuthServer, 'metadata'>;
}

const document = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Metadata', description: 'RFC 8414; OpenID Connect Discovery 1.0.' });

const common = { method: 'get', crossOrigin: true } as const;
const operation = {
  tags: ['oauth'],
  answers: { 200: { description: 'What there is, and where.', schema: document } },
} as const;

/** `GET /.well-known/openid-configuration`. */
export function openidConfigurationRoute({ oauth }: MetadataRouteParts): Route {
  return route({
    ...common,
    path: '/.well-known/openid-configuration',
    operation: { ...operation, id: 'openidConfiguration', summary: 'OpenID Connect discovery' },
    handle: () => metadataAnswer(oauth.metadata),
  });
}

/** `GET /.well-known/oauth-authorization-server`. */
export function oauthMetadataRoute({ oauth }: MetadataRouteParts): Route {
  return route({
    ...common,
    path: '/.well-known/oauth-authorization-server',
    operation: { ...operation, id: 'oauthMetadata', summary: 'OAuth discovery' },
    handle: () => metadataAnswer(oauth.metadata),
  });
}

function metadataAnswer(metadata: OAuthServer['metadata']): Answer {
  return { status: 200, headers: { 'Cache-Control': 'public, max-age=300' }, body: metadata };
}
