import { isSid } from '../../secrets/session-secrets.ts';
import { sessionSubject } from '../../store/subject.ts';
import { bearerOf } from '../caller/credentials.ts';
import type { SocketRoute } from '../request/socket-route.ts';
import { upgradeSocket } from '../transports/web-socket.ts';
import type { SessionWatchParts } from './session-watches.ts';

/** `/v1/sessions/{sid}/socket`, for those who ask for an upgrade. */
export function sessionSocket({ admitSession, shared }: SessionWatchParts): SocketRoute {
  return {
    path: '/v1/sessions/:sid/socket',
    isId: isSid,
    async open({ id: sid, after, address, requestId, req, socket, head }) {
      const asked = { after, address };
      const admit = (bearer: string): ReturnType<typeof admitSession> =>
        admitSession({ sid, bearer, headers: req.headers, ...asked });
      const bearer = bearerOf(req.headers);
      const caller =
        bearer === undefined
          ? ({ by: 'message', admit } as const)
          : ({ by: 'bearer', admitted: await admit(bearer) } as const);
      const subject = sessionSubject(sid);
      upgradeSocket(shared, { ...asked, requestId, subject, caller }, req, socket, head);
    },
  };
}
