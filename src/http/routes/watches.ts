import { z } from 'zod';
import type { TicketView } from '../../command/ticket-view.ts';
import { ticketSubject } from '../../store/subject.ts';
import type { TicketNotice } from '../../ticket/notice.ts';
import type { Present } from '../../watch/present.ts';
import type { BrowserClaim, BrowserGate } from '../caller/browser-gate.ts';
import { holdingRoute, route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { lastEventId, ticketNotice, ticketParams, wholeSeconds } from '../request/schemas.ts';
import { withoutUpgrade } from '../request/socket-route.ts';
import type { Admitted } from '../transports/admitted.ts';
import { holdPoll } from '../transports/long-poll.ts';
import { holdSse } from '../transports/sse.ts';
import type { TransportShared } from '../transports/transport.ts';

export interface WatchRouteParts {
  readonly gate: BrowserGate;
  readonly presenter: Present<TicketNotice, TicketView>;
  readonly shared: TransportShared;
}

const after = z
  .string()
  .max(200)
  .optional()
  .meta({ description: 'The cursor of the newest notice that is known.' });
const padding = z
  .literal('1')
  .optional()
  .meta({ description: '`1`: begin with 2 KB of comment, for browsers that show nothing before.' });
const refusals = ['not_found', 'store_unavailable', 'not_replicated', 'newer_schema'] as const;

const common = { method: 'get', crossOrigin: true } as const;
const operation = {
  tags: ['browser'],
  security: ['browserCookie', 'browserBearer'],
  params: ticketParams,
} as const;

/** A claim as transports take it. @param address undefined where the bound per address does not apply. */
export function admittedTicket(
  { gate, presenter }: Pick<WatchRouteParts, 'gate' | 'presenter'>,
  claim: BrowserClaim,
  asked: { readonly after?: string | undefined; readonly address?: string | undefined },
): Admitted<TicketNotice, TicketView> {
  return {
    subject: ticketSubject(claim.ticketId),
    present: presenter,
    eventName: 'ticket',
    after: asked.after,
    address: asked.address,
    admit: gate.guard(claim),
  };
}

/** `GET /v1/tickets/{id}/events`. */
export function watchTicketByEventsRoute(parts: WatchRouteParts): Route {
  return holdingRoute({
    ...common,
    path: '/v1/tickets/:id/events',
    operation: {
      ...operation,
      id: 'watchTicketByEvents',
      summary: 'Watch a ticket: server-sent events',
      description:
        'Event name `ticket`, `id:` the cursor, `data:` a notice. Begins with the state as it is, unless ' +
        '`Last-Event-ID` (else `after`, else `lastEventId`) names that very state; ends after `confirmed` or a final state, and is ' +
        'answered with 204 from then on.',
      query: z.object({ after, lastEventId, padding }),
      headers: z.object({ 'last-event-id': z.string().max(200).optional() }),
      answers: {
        200: { description: 'A stream of notices.', type: 'text/event-stream' },
        204: { description: 'It is over: do not come back.' },
      },
      refusals: ['not_found'],
    },
    hold: (req, res, request) => {
      const claim = parts.gate.claim(request.params.id, request.raw);
      const asked = { after: request.query.after, address: request.counted };
      return holdSse(parts.shared, admittedTicket(parts, claim, asked), req, res, {
        padding: request.query.padding === '1',
        lastEventId: request.query.lastEventId,
      });
    },
  });
}

/** `GET /v1/tickets/{id}/poll`. */
export function watchTicketByPollRoute(parts: WatchRouteParts): Route {
  return holdingRoute({
    ...common,
    path: '/v1/tickets/:id/poll',
    operation: {
      ...operation,
      id: 'watchTicketByPoll',
      summary: 'Watch a ticket: long-poll',
      query: z.object({
        after,
        wait: wholeSeconds,
      }),
      answers: {
        200: { description: 'A state newer than `after`.', schema: ticketNotice },
        204: { description: 'Nothing newer.', headers: { 'Scangate-Cursor': 'What to ask for next' } },
      },
      refusals: [...refusals, 'too_many_requests'],
    },
    hold: (req, res, request) => {
      const claim = parts.gate.claim(request.params.id, request.raw);
      const asked = { after: request.query.after, address: request.counted };
      return holdPoll(parts.shared, admittedTicket(parts, claim, asked), req, res, {
        wait: request.query.wait,
      });
    },
  });
}

/** `GET /v1/tickets/{id}/socket`: what it says to a request that is no upgrade. */
export function watchTicketBySocketRoute(): Route {
  return route({
    method: 'get',
    path: '/v1/tickets/:id/socket',
    operation: {
      ...operation,
      id: 'watchTicketBySocket',
      summary: 'Watch a ticket: WebSocket',
      description:
        'With `Upgrade: websocket` and the subprotocol `scangate.v1`. Each text message is a notice. Without a ' +
        'cookie the first message is `{"bearer": "<browser secret>"}`. Close codes: 1000 over, 1012 this node ' +
        'goes, 4400 bad request, 4401 not yours, 4408 too slow, 4429 too many.',
      query: z.object({ after }),
      answers: { 101: { description: 'Upgraded.' } },
    },
    handle: withoutUpgrade,
  });
}
