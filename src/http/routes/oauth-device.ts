import { z } from 'zod';
import type { DeviceAuthorizationEndpoint } from '../../oauth/authorization/device-authorization.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { dpopJkt, oauthError, proofHeaders, ticketId } from '../request/schemas.ts';
import { watchLinks, watchLinksShape } from '../tickets/ticket-links.ts';
import { NO_STORE, clientMembers } from './oauth-token.ts';

export interface DeviceRouteParts extends NonceParts {
  readonly oauth: NonceParts['oauth'] & { readonly deviceAuthorization: DeviceAuthorizationEndpoint };
  readonly issuer: string;
}

const deviceAuthorization = z
  .object({
    device_code: z.string().meta({ description: 'Also the bearer that watches the ticket.' }),
    user_code: z.string(),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.int().positive(),
    interval: z.int().positive(),
    ticket_id: ticketId,
    links: watchLinksShape,
  })
  .meta({
    id: 'DeviceAuthorization',
    description: 'RFC 8628, section 3.2, and how to watch in place of polling.',
  });

const deviceForm = z.object({
  ...clientMembers,
  scope: z.string().max(512).optional(),
  resource: z.string().max(2000).optional(),
  dpop_jkt: dpopJkt.optional(),
  number_shown: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: '`true`: the device shows the number that the phone must type.' }),
});

/** `POST /oauth/device_authorization`. */
export function deviceAuthorizationRoute({ oauth, issuer }: DeviceRouteParts): Route {
  return route({
    method: 'post',
    path: '/oauth/device_authorization',
    errors: 'oauth',
    limit: 'mints',
    crossOrigin: true,
    operation: {
      id: 'authorizeDevice',
      summary: 'Begin the device flow',
      description:
        'The device may poll the token endpoint (RFC 8628), or watch its ticket at `links` with the device code as ' +
        'bearer and ask once it is confirmed.',
      tags: ['oauth'],
      security: ['clientBasic', 'formAlone'],
      headers: proofHeaders,
      body: { type: 'form', schema: deviceForm },
      answers: {
        200: { description: 'What to show, and how to wait.', schema: deviceAuthorization },
        400: { description: 'RFC 6749, section 5.2.', schema: oauthError },
        401: { description: '`invalid_client`.', schema: oauthError },
      },
      refusals: ['store_unavailable', 'not_replicated'],
    },
    handle: async (request) => {
      const { raw, headers } = request;
      const proof = { form: request.body, authorization: raw.authorization, dpop: headers.dpop };
      const device = { ip: request.ip, agent: request.agent };
      const answer = await oauth.deviceAuthorization(proof, device);
      const body = { ...answer, links: watchLinks(issuer, answer.ticket_id) };
      return { status: 200, headers: { ...NO_STORE, ...nonceFor(oauth, raw) }, body };
    },
  });
}
