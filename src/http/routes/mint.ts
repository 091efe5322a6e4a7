import { z } from 'zod';
import type { Client, ClientRegistry } from '../../oauth/clients/client.ts';
import { ScangateError } from '../../ticket/error.ts';
import { BINDINGS } from '../../ticket/events.ts';
import type { Binding } from '../../ticket/events.ts';
import type { Answer } from '../answer/answer.ts';
import { isOriginOf } from '../caller/origins.ts';
import type { Origins } from '../caller/origins.ts';
import { allows, fetchSite, originOf } from '../caller/request-site.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { namedAtMinting } from '../tickets/minting-key.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { proofHeaders, ticketNotice } from '../request/schemas.ts';
import { boundTo, mintMembers } from '../tickets/minting.ts';
import type { Minting } from '../tickets/minting.ts';
import type { OpenTicket, OpenedTicket } from '../tickets/opened-ticket.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';
import { ticketCookie } from '../tickets/ticket-cookie.ts';
import type { TicketCookieParts } from '../tickets/ticket-cookie.ts';
import { watchLinks, watchLinksShape } from '../tickets/ticket-links.ts';

export interface MintRouteParts extends TicketCookieParts, NonceParts {
  readonly origins: Origins;
  readonly clients: ClientRegistry;
  readonly minting: Minting;
  readonly presenter: TicketPresenter;
  readonly openTicket: OpenTicket;
}

const links = watchLinksShape.extend({ qr: z.url() }).meta({ id: 'TicketLinks' });

const mintedTicket = ticketNotice
  .extend({ links, browser_secret: z.string().optional() })
  .meta({ id: 'MintedTicket' });

const mintBody = mintMembers.extend({ binding: z.enum(BINDINGS).default('cookie') });

/** `POST /v1/tickets`. */
export function mintTicketRoute(parts: MintRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/tickets',
    limit: 'mints',
    crossOrigin: true,
    operation: {
      id: 'mintTicket',
      summary: 'Mint a ticket',
      description:
        'One attempt to sign in. The browser secret comes as a cookie, or in the body with `binding: "bearer"`. ' +
        'Never repeated under an Idempotency-Key: a lost ticket costs a new QR code. With `dpop_jkt`, or a DPoP proof, its ' +
        'tokens will be bound to that key (RFC 9449).',
      tags: ['browser'],
      headers: proofHeaders,
      body: { type: 'json', schema: mintBody },
      answers: {
        201: {
          description: 'The ticket, pending.',
          schema: mintedTicket,
          headers: {
            Location: 'The ticket’s address',
            'Set-Cookie': 'With `cookie`: the browser secret, and by what the browser is known again',
          },
        },
      },
      refusals: [
        'invalid_client',
        'invalid_redirect_uri',
        'use_dpop_nonce',
        'store_unavailable',
        'not_replicated',
        'draining',
      ],
    },
    handle: async (request) => {
      const { binding, ...asked } = request.body;
      await parts.clients.learn(asked.client_id);
      const may = parts.minting.check(asked, binding);
      checkSite(parts.origins, may.client, binding, request);
      const jkt = await namedAtMinting(parts, asked.dpop_jkt, request.headers.dpop);
      const opened = await parts.openTicket(boundTo(may, jkt), request);
      const answer = mintAnswer(parts, opened);
      return { ...answer, headers: { ...answer.headers, ...nonceFor(parts.oauth, request.raw) } };
    },
  });
}

// A cookie is for our own pages; a bearer also for those of the client itself.
function checkSite(
  origins: Origins,
  client: Client,
  binding: Binding,
  { raw }: Pick<RouteRequest, 'raw'>,
): void {
  const site = fetchSite(raw, origins);
  const ofClient = site !== 'client_page' || isOriginOf(client, originOf(raw));
  if (ofClient && allows(binding === 'cookie' ? 'mint_by_cookie' : 'mint_by_bearer', site)) return;
  throw new ScangateError('invalid_request', {
    field: 'Origin',
    message: 'Pages of this origin may not ask for that.',
  });
}

function mintAnswer(parts: MintRouteParts, { view, cookie }: OpenedTicket): Answer {
  const { ticketId, ticket } = view;
  const { binding, key_id: keyId } = ticket.minted;
  const { self, ...others } = watchLinks(parts.issuer, ticketId);
  const body = {
    ...parts.presenter.notice(view, false),
    links: { self, ...others, qr: `${self}/qr.svg` },
  };
  if (binding === 'bearer') {
    const secret = parts.secrets.browserSecret(ticketId, keyId, 'bearer');
    return { status: 201, headers: { Location: self }, body: { ...body, browser_secret: secret } };
  }
  const cookies = [ticketCookie(parts, view), ...(cookie === undefined ? [] : [cookie])];
  return { status: 201, headers: { Location: self, 'Set-Cookie': cookies }, body };
}
