import type { IncomingMessage } from 'node:http';
import { isTicketId } from '../../secrets/ticket-secrets.ts';
import { ticketSubject } from '../../store/subject.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { TicketNotice } from '../../ticket/notice.ts';
import type { BrowserClaim } from '../caller/browser-gate.ts';
import { bearerOf } from '../caller/credentials.ts';
import type { SocketRequest, SocketRoute } from '../request/socket-route.ts';
import type { SocketCaller } from '../transports/socket-caller.ts';
import { upgradeSocket } from '../transports/web-socket.ts';
import { admittedTicket } from './watches.ts';
import type { WatchRouteParts } from './watches.ts';

/** `/v1/tickets/{id}/socket`, for those who ask for an upgrade. */
export function ticketSocket(parts: WatchRouteParts): SocketRoute {
  return {
    path: '/v1/tickets/:id/socket',
    isId: isTicketId,
    open({ id, after, address, requestId, req, socket, head }) {
      const asked = { after, address, requestId, subject: ticketSubject(id) };
      const caller = callerOf(parts, id, req, asked);
      upgradeSocket(parts.shared, { ...asked, caller }, req, socket, head);
    },
  };
}

function callerOf(
  parts: WatchRouteParts,
  ticketId: string,
  { headers }: IncomingMessage,
  asked: Pick<SocketRequest, 'after' | 'address'>,
): SocketCaller<TicketNotice> {
  const { gate } = parts;
  const admitted = (claim: BrowserClaim | undefined) => claim && admittedTicket(parts, claim, asked);
  const claim = unlessUnknown(() => gate.claimIfAny(ticketId, headers));
  if (claim === undefined) {
    return {
      by: 'message',
      admit: ({ bearer }) =>
        admitted(unlessUnknown(() => gate.bearerClaim(ticketId, bearer, headers)) ?? undefined),
    };
  }
  return {
    by: bearerOf(headers) === undefined ? 'cookie' : 'bearer',
    admitted: admitted(claim ?? undefined),
  };
}

/** Null in place of `not_found`: a socket says that by its close code. */
function unlessUnknown<R>(work: () => R): R | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScangateError && error.code === 'not_found') return null;
    throw error;
  }
}
