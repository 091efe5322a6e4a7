import { z } from 'zod';
import type { RegistrationEndpoint } from '../../oauth/registration/registration-endpoint.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { oauthError } from '../request/schemas.ts';
import { NO_STORE } from './oauth-token.ts';

const metadata = z
  .record(z.string(), z.unknown())
  .meta({ id: 'ClientMetadata', description: 'RFC 7591, section 2. What is not understood is left out.' });

const registered = z
  .looseObject({
    client_id: z.string(),
    client_id_issued_at: z.int(),
    client_secret: z.string().optional(),
    client_secret_expires_at: z
      .int()
      .meta({ description: 'When the registration is gone unless it is read or updated before.' }),
    registration_access_token: z.string(),
    registration_client_uri: z.url(),
    redirect_uris: z.array(z.string()),
    scope: z.string(),
  })
  .meta({ id: 'RegisteredClient', description: 'RFC 7591, section 3.2.1, and what it came to.' });

const common = { errors: 'oauth', limit: 'tokens' } as const;
const refused = {
  400: { description: '`invalid_redirect_uri`, `invalid_client_metadata`.', schema: oauthError },
  401: { description: '`invalid_token`, for an unknown client too.', schema: oauthError },
  404: { description: 'No client registers itself here.', schema: oauthError },
} as const;
const unavailable = ['store_unavailable', 'not_replicated'] as const;
const params = z.object({ clientId: z.string().max(200) });

/** `POST /oauth/register`. */
export function registerRoute(endpoint: RegistrationEndpoint): Route {
  return route({
    ...common,
    method: 'post',
    path: '/oauth/register',
    operation: {
      id: 'registerClient',
      summary: 'Register a client',
      description:
        'RFC 7591, with an initial access token, where `SCANGATE_REGISTRATION_TOKEN` is set: else unknown. Such a client has PKCE, ' +
        'and the code flow alone; the phone is shown the host of its redirect address, and that nobody verified it.',
      tags: ['oauth'],
      security: ['initialAccessToken'],
      body: { type: 'json', schema: metadata },
      answers: { 201: { description: 'The client.', schema: registered }, ...refused },
      refusals: unavailable,
    },
    handle: async ({ bearer, body }) => ({
      status: 201,
      headers: NO_STORE,
      body: await endpoint.register(bearer, body),
    }),
  });
}

/** `GET`, `PUT` and `DELETE` of a registration (RFC 7592). */
export function registrationRoutes(endpoint: RegistrationEndpoint): readonly Route[] {
  const at = { ...common, path: '/oauth/register/:clientId' } as const;
  const operation = {
    tags: ['oauth'],
    security: ['registrationAccessToken'],
    params,
    refusals: unavailable,
  } as const;
  const answers = { 200: { description: 'The client.', schema: registered }, ...refused };
  const proofOf = (request: {
    readonly bearer: string | undefined;
    readonly params: z.output<typeof params>;
  }) => ({
    clientId: request.params.clientId,
    bearer: request.bearer,
  });
  return [
    route({
      ...at,
      method: 'get',
      operation: {
        ...operation,
        id: 'getClient',
        summary: 'Read a registration, which lives on from here',
        answers,
      },
      handle: async (request) => ({
        status: 200,
        headers: NO_STORE,
        body: await endpoint.read(proofOf(request)),
      }),
    }),
    route({
      ...at,
      method: 'put',
      operation: {
        ...operation,
        id: 'updateClient',
        summary: 'Replace all of a registration',
        body: { type: 'json', schema: metadata },
        answers,
      },
      handle: async (request) => ({
        status: 200,
        headers: NO_STORE,
        body: await endpoint.update(proofOf(request), request.body),
      }),
    }),
    route({
      ...at,
      method: 'delete',
      operation: {
        ...operation,
        id: 'removeClient',
        summary: 'Remove a client',
        answers: { 204: { description: 'It is gone.' }, 401: refused[401], 404: refused[404] },
      },
      handle: async (request) => {
        await endpoint.remove(proofOf(request));
        return { status: 204, headers: NO_STORE };
      },
    }),
  ];
}
