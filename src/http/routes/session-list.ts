import { z } from 'zod';
import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { UserSessions } from '../../oauth/tokens/user-sessions.ts';
import type { ReportSecurity } from '../../telemetry/security-event.ts';
import { lastMoment } from '../../store/event-store.ts';
import { sameUser } from '../../ticket/decide.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { PageEnds } from '../caller/page-ends.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { sessionParams } from './session-watches.ts';

export interface SessionListParts {
  readonly sessions: SessionCommands;
  readonly userSessions: UserSessions;
  readonly clients: ClientRegistry;
  readonly caller: PhoneCaller;
  readonly pageEnds: PageEnds;
  readonly report: ReportSecurity;
}

const sessionList = z
  .object({
    sessions: z.array(
      z.object({
        sid: z.string(),
        client: z.string().meta({ description: 'Its `client_id`.' }),
        client_name: z.string(),
        opened_at: z.iso.datetime(),
        last_seen_at: z.iso.datetime(),
        browser: z.object({ ip: z.string(), place: z.string().optional(), agent: z.string() }),
      }),
    ),
  })
  .meta({ id: 'Sessions' });

/** `GET /v1/sessions`, for the user on the phone. */
export function listSessionsRoute({ userSessions, clients, caller }: SessionListParts): Route {
  return route({
    method: 'get',
    path: '/v1/sessions',
    crossOrigin: true,
    operation: {
      id: 'getSessions',
      summary: 'Where the user is signed in',
      tags: ['sessions'],
      security: ['phoneBearer', 'phonePage'],
      answers: { 200: { description: 'Active sessions.', schema: sessionList } },
      refusals: ['phone_unknown', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      const views = await userSessions.of(await caller.user(request));
      const sessions = views.map((view) => listed(view, clients));
      return { status: 200, headers: { 'Cache-Control': 'no-store' }, body: { sessions } };
    },
  });
}

/** `DELETE /v1/sessions/{sid}`, for the user on the phone. */
export function endSessionRoute({ sessions, caller }: SessionListParts): Route {
  return route({
    method: 'delete',
    path: '/v1/sessions/:sid',
    crossOrigin: true,
    operation: {
      id: 'endSession',
      summary: 'Sign out there',
      description: 'Whoever watches the session is told at once. Again: 204 again.',
      tags: ['sessions'],
      security: ['phoneBearer', 'phonePage'],
      params: sessionParams,
      answers: { 204: { description: 'Ended.' } },
      refusals: ['phone_unknown', 'not_found', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      const user = await caller.user(request);
      const { sid } = request.params;
      const [view] = await sessions.look([sid]);
      if (!view?.session.opened || !sameUser(view.session.opened.user, user))
        throw new ScangateError('not_found');
      await sessions.revoke(view, 'user');
      return { status: 204 };
    },
  });
}

/** `DELETE /v1/sessions`, for the user on the phone. */
export function endSessionsRoute(parts: SessionListParts): Route {
  return route({
    method: 'delete',
    path: '/v1/sessions',
    crossOrigin: true,
    operation: {
      id: 'endSessions',
      summary: 'Sign out everywhere',
      description: 'Ends every session of the user, and their sessions of the approval page on every phone.',
      tags: ['sessions'],
      security: ['phoneBearer', 'phonePage'],
      answers: { 204: { description: 'Ended.' } },
      refusals: ['phone_unknown', 'store_unavailable', 'not_replicated', 'newer_schema'],
    },
    handle: async (request) => {
      await signOutEverywhere(parts, await parts.caller.endingUser(request), request);
      return { status: 204 };
    },
  });
}

/** Ends every session of a user, and those of the approval page: these first, so that none of them approves meanwhile. */
export async function signOutEverywhere(
  { userSessions, pageEnds, report }: SessionListParts,
  user: User,
  { ip, counted }: Pick<RouteRequest, 'ip' | 'counted'>,
): Promise<void> {
  const address = ip === '' ? counted : ip;
  report({ kind: 'revocation', reason: 'everywhere', user, address });
  await pageEnds.end(user);
  await userSessions.endAll(user);
}

function listed(
  view: SessionView,
  clients: ClientRegistry,
): z.output<typeof sessionList>['sessions'][number] {
  const { client_id: client, browser } = openedOf(view);
  return {
    sid: view.sid,
    client,
    client_name: clients.find(client)?.client_name ?? client,
    opened_at: new Date(view.head.first).toISOString(),
    last_seen_at: new Date(lastMoment(view.head).at).toISOString(),
    browser,
  };
}
