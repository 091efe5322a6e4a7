import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import { cursorOfView } from '../../command/ticket-view.ts';
import { matchesEtag } from '../answer/etag.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketNotice, ticketParams } from '../request/schemas.ts';
import type { KnownBrowsers } from '../tickets/known-browsers.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';
import { rotationOf } from '../tickets/scan-code.ts';

export interface TicketRouteParts {
  readonly knownBrowsers: KnownBrowsers;
  readonly commands: TicketCommands;
  readonly gate: BrowserGate;
  readonly presenter: TicketPresenter;
}

/** `GET /v1/tickets/{id}`. */
export function getTicketRoute({ commands, gate, presenter }: TicketRouteParts): Route {
  return route({
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
      refusals: ['not_found', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      const claim = gate.claim(request.params.id, request.raw);
      const view = await commands.look(request.params.id, gate.guard(claim));
      const rotation = view.ticket.status === 'pending' ? rotationOf(view).period : 0;
      const etag = `"${cursorOfView(view)}.${rotation}"`;
      if (matchesEtag(request.headers['if-none-match'], etag))
        return { status: 304, headers: { ETag: etag } };
      const body = presenter.notice(await presenter.sealed(view), false);
      return { status: 200, headers: { ETag: etag }, body };
    },
  });
}

/** `DELETE /v1/tickets/{id}`. */
export function cancelTicketRoute({ commands, gate }: TicketRouteParts): Route {
  return route({
    method: 'delete',
    path: '/v1/tickets/:id',
    crossOrigin: true,
    operation: {
      id: 'cancelTicket',
      summary: 'Give a ticket up',
      description: 'From pending or scanned, and while `ask` is there: that is not me. Again: 204 again.',
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
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const claim = gate.claim(request.params.id, request.raw);
      await commands.run(request.params.id, { type: 'cancel' }, gate.guard(claim));
      return { status: 204 };
    },
  });
}

/** `POST /v1/tickets/{id}/accept`. */
export function acceptTicketRoute({ commands, gate, presenter, knownBrowsers }: TicketRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/tickets/:id/accept',
    crossOrigin: true,
    operation: {
      id: 'acceptTicket',
      summary: 'Accept who signs in',
      description:
        'While `ask` is there: that is me. The result is released, and its code lives from now on. Again: the ticket as it is.',
      tags: ['browser'],
      security: ['browserCookie', 'browserBearer'],
      params: ticketParams,
      answers: { 200: { description: 'The ticket, with its result.', schema: ticketNotice } },
      refusals: [
        'not_found',
        'already_denied',
        'already_cancelled',
        'expired',
        'store_unavailable',
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const claim = gate.claim(request.params.id, request.raw);
      const view = await commands.run(request.params.id, { type: 'accept' }, gate.guard(claim));
      await knownBrowsers.noteWaiting(view.ticket);
      return { status: 200, body: presenter.notice(await presenter.sealed(view), false) };
    },
  });
}
