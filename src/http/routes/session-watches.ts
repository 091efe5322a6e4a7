import { z } from 'zod';
import { isSid } from '../../secrets/session-secrets.ts';
import type { SessionNotice } from '../../session/notice.ts';
import { SESSION_STATUSES } from '../../session/session.ts';
import { ScangateError } from '../../ticket/error.ts';
import { bearerOf } from '../caller/credentials.ts';
import { readParameters } from '../request/parameters.ts';
import { holdingRoute, route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { cursor } from '../request/schemas.ts';
import { askedCursor } from '../transports/asked-cursor.ts';
import type { Admitted } from '../transports/admitted.ts';
import { holdPoll } from '../transports/long-poll.ts';
import { holdSse } from '../transports/sse.ts';
import type { TransportShared } from '../transports/transport.ts';
import { upgradeSocket } from '../transports/web-socket.ts';
import type { TakeUpgrade } from '../upgrades.ts';
import type { AdmitSession } from './session-gate.ts';

/** What a session's addresses have in their path. */
export const sessionParams = z.object({ sid: z.string().regex(/^[A-Za-z0-9_-]{22}$/) });

const notice = z
  .object({
    sid: z.string(),
    status: z.enum(SESSION_STATUSES),
    cursor,
    expires_in_ms: z.int().min(0),
    reset: z.boolean(),
    advice: z.object({ retry_after_ms: z.int().min(0), final: z.boolean() }),
  } satisfies Record<keyof SessionNotice, z.ZodType>)
  .meta({ id: 'SessionNotice' });

const after = z.string().max(200).optional();
const common = { crossOrigin: true, method: 'get' } as const;
const operation = {
  tags: ['sessions'],
  security: ['accessToken'],
  params: sessionParams,
  refusals: ['not_found', 'store_unavailable', 'newer_schema'],
} as const;

type Asking = RouteRequest<{ readonly sid: string }, { readonly after?: string | undefined }>;

/** `/v1/sessions/{sid}/events`, `/poll`, and what `/socket` says to a request that is no upgrade. */
export function sessionWatchRoutes(admit: AdmitSession, shared: TransportShared): readonly Route[] {
  async function admitted(request: Asking): Promise<Admitted<SessionNotice>> {
    const found = await admit({
      sid: request.params.sid,
      bearer: request.bearer,
      headers: request.raw,
      after: request.query.after,
      address: request.counted,
    });
    if (found === undefined) throw new ScangateError('not_found');
    return found;
  }

  return [
    holdingRoute({
      ...common,
      path: '/v1/sessions/:sid/events',
      operation: {
        ...operation,
        id: 'watchSessionByEvents',
        summary: 'Watch a session: server-sent events',
        query: z.object({ after }),
        headers: z.object({ 'last-event-id': z.string().max(200).optional() }),
        answers: {
          200: { description: 'A stream of notices, named `session`.', type: 'text/event-stream' },
          204: { description: 'It is over: do not come back.' },
        },
      },
      hold: async (req, res, request) => holdSse(shared, await admitted(request), req, res),
    }),

    holdingRoute({
      ...common,
      path: '/v1/sessions/:sid/poll',
      operation: {
        ...operation,
        id: 'watchSessionByPoll',
        summary: 'Watch a session: long-poll',
        query: z.object({ after, wait: z.string().max(10).optional() }),
        answers: {
          200: { description: 'A state newer than `after`.', schema: notice },
          204: { description: 'Nothing newer.', headers: { 'Scangate-Cursor': 'What to ask for next' } },
        },
      },
      hold: async (req, res, request) =>
        holdPoll(shared, await admitted(request), req, res, { wait: request.query.wait }),
    }),

    route({
      ...common,
      path: '/v1/sessions/:sid/socket',
      operation: {
        ...operation,
        id: 'watchSessionBySocket',
        summary: 'Watch a session: WebSocket',
        description: 'As a ticket’s socket; the bearer is the access token.',
        query: z.object({ after }),
        answers: { 101: { description: 'Upgraded.' } },
      },
      handle: () => {
        throw new ScangateError('invalid_request', {
          field: 'Upgrade',
          message: 'Ask for an upgrade to websocket.',
        });
      },
    }),
  ];
}

const SOCKET_PATH = /^\/v1\/sessions\/([^/?]+)\/socket(?:\?(.*))?$/;

/** Takes upgrades of sessions' sockets and says whether this was one; for `EdgeOptions.upgrades`. */
export function sessionUpgrades(admit: AdmitSession, shared: TransportShared): TakeUpgrade {
  return (req, socket, head, address) => {
    const [, sid, search = ''] = SOCKET_PATH.exec(req.url ?? '') ?? [];
    if (sid === undefined) return false;
    if (!isSid(sid) || req.method !== 'GET') throw new ScangateError('not_found');
    const { after: named } = readParameters(search);
    askedCursor(undefined, named);
    const asked = { after: named, address };
    const admitBearer = (bearer: string): Promise<Admitted<SessionNotice> | undefined> =>
      admit({ sid, bearer, headers: req.headers, ...asked });
    const bearer = bearerOf(req.headers);
    if (bearer === undefined) {
      upgradeSocket(shared, { ...asked, caller: { by: 'message', admit: admitBearer } }, req, socket, head);
    } else {
      admitBearer(bearer)
        .then((admitted) =>
          upgradeSocket(shared, { ...asked, caller: { by: 'bearer', admitted } }, req, socket, head),
        )
        .catch(() =>
          socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n\r\n'),
        );
    }
    return true;
  };
}
