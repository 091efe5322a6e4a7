import { z } from 'zod';
import { cursorOfView } from '../../command/ticket-view.ts';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import { BINDINGS } from '../../ticket/events.ts';
import type { Binding } from '../../ticket/events.ts';
import type { Answer } from '../answer/answer.ts';
import { browserCookie } from '../caller/browser-gate.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { setCookie } from '../caller/credentials.ts';
import { isOriginOf } from '../caller/origins.ts';
import type { Origins } from '../caller/origins.ts';
import { allows, fetchSite, originOf } from '../caller/request-site.ts';
import { matchesEtag } from '../answer/etag.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { ticketNotice, ticketParams } from '../request/schemas.ts';
import { mintMembers } from '../tickets/minting.ts';
import type { Minting } from '../tickets/minting.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';
import { rotationOf } from '../tickets/scan-code.ts';
import type { Client } from '../../oauth/clients/client.ts';

/** What the routes of a browser's ticket are made of. */
export interface TicketRoutesOptions {
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly gate: BrowserGate;
  readonly origins: Origins;
  readonly minting: Minting;
  readonly presenter: TicketPresenter;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** How long an outcome can still be learnt, in milliseconds. */
  readonly historyMs: number;
}

const links = z
  .object({ self: z.url(), events: z.url(), poll: z.url(), socket: z.url(), qr: z.url() })
  .meta({ id: 'TicketLinks' });

const mintedTicket = ticketNotice
  .extend({ links, browser_secret: z.string().optional() })
  .meta({ id: 'MintedTicket' });

const mintBody = mintMembers.extend({ binding: z.enum(BINDINGS).default('cookie') });

/** The addresses of a ticket. */
export function ticketLinks(issuer: string, ticketId: string): z.output<typeof links> {
  const self = `${issuer}/v1/tickets/${ticketId}`;
  return {
    self,
    events: `${self}/events`,
    poll: `${self}/poll`,
    socket: `${self.replace(/^http/, 'ws')}/socket`,
    qr: `${self}/qr.svg`,
  };
}

/** The cookie that binds a ticket to the browser that minted it: one a ticket, sent to that ticket's addresses only. */
export function ticketCookie(
  options: Pick<TicketRoutesOptions, 'secrets' | 'issuer' | 'historyMs'>,
  { ticketId, ticket: { minted } }: TicketView,
): string {
  const { lives } = minted;
  const lifeMs = Math.max(lives.ticket_ms, lives.max_ms) + lives.code_ms + options.historyMs;
  return setCookie(
    browserCookie(ticketId),
    options.secrets.browserSecret(ticketId, minted.key_id, 'cookie'),
    {
      path: `/v1/tickets/${ticketId}`,
      secure: options.issuer.startsWith('https:'),
      sameSite: 'Strict',
      maxAge: Math.ceil(lifeMs / 1000),
    },
  );
}

/** Minting a ticket, looking at it, giving it up. */
export function ticketRoutes(options: TicketRoutesOptions): readonly Route[] {
  const { commands, secrets, gate, minting, presenter, issuer } = options;

  function mintAnswer(view: TicketView): Answer {
    const { ticketId, ticket } = view;
    const { binding, key_id: keyId } = ticket.minted;
    const addresses = ticketLinks(issuer, ticketId);
    const notice = presenter.notice(view, false);
    return {
      status: 201,
      headers: {
        Location: addresses.self,
        ...(binding === 'cookie' ? { 'Set-Cookie': ticketCookie(options, view) } : {}),
      },
      body: {
        ...notice,
        links: addresses,
        ...(binding === 'bearer' ? { browser_secret: secrets.browserSecret(ticketId, keyId, 'bearer') } : {}),
      },
    };
  }

  return [
    route({
      method: 'post',
      path: '/v1/tickets',
      limit: 'mints',
      crossOrigin: true,
      operation: {
        id: 'mintTicket',
        summary: 'Mint a ticket',
        description:
          'One attempt to sign in. The browser secret comes as a cookie, or in the body with `binding: "bearer"`. ' +
          'Never repeated under an Idempotency-Key: a lost ticket costs a new QR code.',
        tags: ['browser'],
        body: { type: 'json', schema: mintBody },
        answers: {
          201: {
            description: 'The ticket, pending.',
            schema: mintedTicket,
            headers: { Location: 'The ticket’s address', 'Set-Cookie': 'The browser secret, with `cookie`' },
          },
        },
        refusals: ['invalid_client', 'invalid_redirect_uri', 'store_unavailable', 'draining'],
      },
      handle: async (request) => {
        const { binding, ...asked } = request.body;
        const client = minting.check(asked);
        checkSite(options.origins, client, binding, request);
        const browser = { ip: request.ip, agent: request.agent };
        return mintAnswer(await minting.mint(client, asked, binding, browser));
      },
    }),

    route({
      method: 'get',
      path: '/v1/tickets/:id',
      crossOrigin: true,
      operation: {
        id: 'getTicket',
        summary: 'Look at a ticket once',
        tags: ['browser'],
        security: ['browserCookie', 'browserBearer'],
        params: ticketParams,
        headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
        answers: {
          200: {
            description: 'The ticket as it is.',
            schema: ticketNotice,
            headers: { ETag: '`"<cursor>.<rotation>"`' },
          },
          304: {
            description: 'Neither the state nor the scan code has changed.',
            headers: { ETag: 'The same' },
          },
        },
        refusals: ['not_found', 'store_unavailable', 'newer_schema'],
      },
      handle: async (request) => {
        const claim = gate.claim(request.params.id, request.raw);
        const view = await commands.look(request.params.id, gate.guard(claim));
        const rotation = view.ticket.status === 'pending' ? rotationOf(view).period : 0;
        const etag = `"${cursorOfView(view)}.${rotation}"`;
        if (matchesEtag(request.headers['if-none-match'], etag))
          return { status: 304, headers: { ETag: etag } };
        return { status: 200, headers: { ETag: etag }, body: presenter.notice(view, false) };
      },
    }),

    route({
      method: 'delete',
      path: '/v1/tickets/:id',
      crossOrigin: true,
      operation: {
        id: 'cancelTicket',
        summary: 'Give a ticket up',
        description: 'From pending or scanned. Again: 204 again.',
        tags: ['browser'],
        security: ['browserCookie', 'browserBearer'],
        params: ticketParams,
        answers: { 204: { description: 'Cancelled.' } },
        refusals: [
          'not_found',
          'already_confirmed',
          'already_denied',
          'already_redeemed',
          'expired',
          'store_unavailable',
          'newer_schema',
        ],
      },
      handle: async (request) => {
        const claim = gate.claim(request.params.id, request.raw);
        await commands.run(request.params.id, { type: 'cancel' }, gate.guard(claim));
        return { status: 204 };
      },
    }),
  ];
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
  if (!ofClient || !allows(binding === 'cookie' ? 'mint_by_cookie' : 'mint_by_bearer', site)) {
    throw new ScangateError('invalid_request', {
      field: 'Origin',
      message: 'Pages of this origin may not ask for that.',
    });
  }
}
