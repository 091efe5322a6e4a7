import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import { scanPath } from '../../secrets/scan-address.ts';
import { SECRET_LENGTH_MAX } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { setCookie } from '../caller/credentials.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketParams, ticketResult } from '../request/schemas.ts';
import type { KnownBrowsers } from '../tickets/known-browsers.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';
import { checkReturn, returnCookie } from '../tickets/return-secret.ts';
import { sameDeviceCodeOf } from '../tickets/scan-code.ts';
import type { TicketCookieParts } from '../tickets/ticket-cookie.ts';

export interface SameDeviceParts extends TicketCookieParts {
  readonly commands: TicketCommands;
  readonly gate: BrowserGate;
  readonly presenter: TicketPresenter;
  readonly knownBrowsers: KnownBrowsers;
  readonly pages: Pages;
}

/**
 * `GET /v1/tickets/{id}/same-device`: to the approval page, for the browser that minted the ticket, in the place of the QR
 * code. What is confirmed there comes back to this browser alone.
 */
export function sameDeviceRoute({ commands, gate, secrets }: SameDeviceParts): Route {
  return route({
    method: 'get',
    path: '/v1/tickets/:id/same-device',
    errors: 'page',
    link: true,
    hidden: true,
    operation: {
      id: 'openSameDevice',
      summary: 'Approve on the very device that waits',
      tags: ['browser'],
      security: ['browserCookie'],
      params: ticketParams,
      answers: { 303: { description: 'To the approval page.' } },
      refusals: ['not_found', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      const { id } = request.params;
      const claim = gate.claim(id, request.raw, true);
      if (claim.binding !== 'cookie') throw new ScangateError('not_found');
      const view = await commands.look(id, gate.guard(claim));
      const { status, minted, scanned } = view.ticket;
      if (minted.grant !== 'authorization_code' || minted.redirect_uri === undefined)
        throw new ScangateError('not_found');
      const here = status === 'pending' || (status === 'scanned' && scanned?.same_device === true);
      const path = here ? scanPath(sameDeviceCodeOf(secrets, view)) : `/v1/tickets/${id}/page`;
      return { status: 303, headers: { Location: path, 'Cache-Control': 'no-store' } };
    },
  });
}

/** `GET /v1/tickets/{id}/return`: where a decision on the same device comes back to. It tells nothing and changes nothing. */
export function returnPageRoute({ pages }: SameDeviceParts): Route {
  return route({
    method: 'get',
    path: '/v1/tickets/:id/return',
    errors: 'page',
    link: true,
    hidden: true,
    operation: {
      id: 'getReturnPage',
      summary: 'Go on after a decision on this device',
      tags: ['browser'],
      params: ticketParams,
      answers: { 200: { description: 'A page.', type: 'text/html' } },
    },
    handle: (request) => {
      const page = pages.show('return', request.raw, { ticket_id: request.params.id });
      return { ...page, headers: { ...page.headers, 'Cache-Control': 'no-store' } };
    },
  });
}

/** `POST /v1/tickets/{id}/return`: the result, for the one browser that has both halves. */
export function returnRoute(parts: SameDeviceParts): Route {
  const { commands, gate, knownBrowsers, presenter, secrets, issuer } = parts;
  return route({
    method: 'post',
    path: '/v1/tickets/:id/return',
    operation: {
      id: 'returnToBrowser',
      summary: 'Take the result on the same device',
      description:
        'For the gateway’s own page, with the secret of a `return_url`. Whoever minted the ticket lacks the secret, ' +
        'and whoever confirmed it lacks the cookie, unless they are one browser.',
      tags: ['browser'],
      security: ['browserCookie'],
      params: ticketParams,
      body: { type: 'json', schema: z.object({ return_secret: z.string().min(1).max(SECRET_LENGTH_MAX) }) },
      answers: {
        200: {
          description: 'What a notice would say.',
          schema: z.object({ result: ticketResult }).meta({ id: 'Returned' }),
        },
      },
      refusals: [
        'not_found',
        'already_redeemed',
        'expired',
        'store_unavailable',
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const { id } = request.params;
      const claim = gate.claim(id, request.raw);
      if (claim.binding !== 'cookie') throw new ScangateError('not_found');
      const view = await commands.look(id, gate.guard(claim));
      const { return_secret: secret } = request.body;
      checkReturn(secrets, view, secret);
      const { status, minted } = view.ticket;
      if (status === 'redeemed') throw new ScangateError('already_redeemed', { ticketStatus: status });
      if (status !== 'confirmed') throw new ScangateError('expired', { ticketStatus: status });
      await knownBrowsers.note(view.ticket);
      const cookie = setCookie(returnCookie(id), secret, {
        path: `/v1/tickets/${id}/form`,
        secure: issuer.startsWith('https:'),
        sameSite: 'Strict',
        maxAge: Math.ceil((minted.lives.code_ms + parts.historyMs) / 1000),
      });
      const headers = {
        'Cache-Control': 'no-store',
        ...(minted.form_post === undefined ? {} : { 'Set-Cookie': cookie }),
      };
      return { status: 200, headers, body: { result: presenter.result(view) } };
    },
  });
}
