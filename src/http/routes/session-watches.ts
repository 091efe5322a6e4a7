import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { SessionNotice } from '../../session/notice.ts';
import { SESSION_STATUSES } from '../../session/session.ts';
import { ScangateError } from '../../ticket/error.ts';
import { nonceFor } from '../answer/dpop-nonce.ts';
import type { NonceParts } from '../answer/dpop-nonce.ts';
import { shownToken } from '../caller/credentials.ts';
import { holdingRoute, route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { cursor, lastEventId, proofHeaders, wholeSeconds } from '../request/schemas.ts';
import { withoutUpgrade } from '../request/socket-route.ts';
import type { Admitted } from '../transports/admitted.ts';
import { unlessAway } from '../transports/passing.ts';
import { holdPoll } from '../transports/long-poll.ts';
import { holdSse, refuseSse } from '../transports/sse.ts';
import type { TransportShared } from '../transports/transport.ts';
import type { AdmitSession } from './session-gate.ts';

export interface SessionWatchParts extends NonceParts {
  readonly admitSession: AdmitSession;
  readonly shared: TransportShared;
}

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
  refusals: ['not_found', 'use_dpop_nonce'],
} as const;
const AWAY = ['store_unavailable', 'not_replicated', 'newer_schema'] as const;

/** `GET /v1/sessions/{sid}/events`. */
export function watchSessionByEventsRoute(parts: SessionWatchParts): Route {
  return holdingRoute({
    ...common,
    path: '/v1/sessions/:sid/events',
    operation: {
      ...operation,
      id: 'watchSessionByEvents',
      summary: 'Watch a session: server-sent events',
      query: z.object({ after, lastEventId }),
      headers: proofHeaders.extend({ 'last-event-id': z.string().max(200).optional() }),
      answers: {
        200: { description: 'A stream of notices, named `session`.', type: 'text/event-stream' },
        204: { description: 'It is over: do not come back.' },
      },
    },
    hold: async (req, res, request) => {
      const found = await unlessAway(admitted(parts, 'events', request, res));
      if (found === 'away') refuseSse(parts.shared, res);
      else await holdSse(parts.shared, found, req, res, { lastEventId: request.query.lastEventId });
    },
  });
}

/** `GET /v1/sessions/{sid}/poll`. */
export function watchSessionByPollRoute(parts: SessionWatchParts): Route {
  return holdingRoute({
    ...common,
    path: '/v1/sessions/:sid/poll',
    operation: {
      ...operation,
      id: 'watchSessionByPoll',
      summary: 'Watch a session: long-poll',
      query: z.object({ after, wait: wholeSeconds }),
      headers: proofHeaders,
      answers: {
        200: { description: 'A state newer than `after`.', schema: notice },
        204: { description: 'Nothing newer.', headers: { 'Scangate-Cursor': 'What to ask for next' } },
      },
      refusals: [...operation.refusals, ...AWAY],
    },
    hold: async (req, res, request) =>
      holdPoll(parts.shared, await admitted(parts, 'poll', request, res), req, res, {
        wait: request.query.wait,
      }),
  });
}

/** `GET /v1/sessions/{sid}/socket`: what it says to a request that is no upgrade. */
export function watchSessionBySocketRoute(): Route {
  return route({
    ...common,
    path: '/v1/sessions/:sid/socket',
    operation: {
      ...operation,
      id: 'watchSessionBySocket',
      summary: 'Watch a session: WebSocket',
      description:
        'As a ticket’s socket; the bearer is the access token. One that is bound to a key comes with a proof: in the ' +
        '`DPoP` header, or as `dpop` in the first message.',
      query: z.object({ after }),
      headers: proofHeaders,
      answers: { 101: { description: 'Upgraded.' } },
    },
    handle: withoutUpgrade,
  });
}

type WatchRequest = RouteRequest<{ readonly sid: string }, { readonly after?: string | undefined }>;

async function admitted(
  { admitSession, oauth }: SessionWatchParts,
  transport: 'events' | 'poll',
  request: WatchRequest,
  res: ServerResponse,
): Promise<Admitted<SessionNotice>> {
  const found = await admitSession({
    sid: request.params.sid,
    transport,
    shown: shownToken(request.raw),
    headers: request.raw,
    after: request.query.after,
    address: request.counted,
  });
  if (found === undefined) throw new ScangateError('not_found');
  for (const [name, value] of Object.entries(nonceFor(oauth, request.raw))) res.setHeader(name, value);
  return found;
}
