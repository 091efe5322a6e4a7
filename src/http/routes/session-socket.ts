import { isSid } from '../../secrets/session-secrets.ts';
import { sessionSubject } from '../../store/subject.ts';
import { shownToken } from '../caller/credentials.ts';
import type { SocketRoute } from '../request/socket-route.ts';
import type { FirstMessage } from '../transports/socket-caller.ts';
import { unlessAway } from '../transports/passing.ts';
import { upgradeSocket } from '../transports/web-socket.ts';
import type { SessionAsked } from './session-gate.ts';
import type { SessionWatchParts } from './session-watches.ts';

/** `/v1/sessions/{sid}/socket`, for those who ask for an upgrade. */
export function sessionSocket({ admitSession, shared }: SessionWatchParts): SocketRoute {
  return {
    path: '/v1/sessions/:sid/socket',
    isId: isSid,
    async open({ id: sid, after, address, requestId, req, socket, head }) {
      const asked = { after, address };
      const admit = (shown: SessionAsked['shown']): ReturnType<typeof admitSession> =>
        admitSession({ sid, transport: 'socket', shown, headers: req.headers, ...asked });
      const shown = shownToken(req.headers);
      const caller =
        shown === undefined
          ? ({ by: 'message', admit: (message: FirstMessage) => admit(shownIn(message)) } as const)
          : ({ by: 'bearer', admitted: await unlessAway(admit(shown)) } as const);
      const subject = sessionSubject(sid);
      upgradeSocket(shared, { ...asked, requestId, subject, caller }, req, socket, head);
    },
  };
}

function shownIn({ bearer: token, dpop: proof }: FirstMessage): SessionAsked['shown'] {
  return { token, scheme: proof === undefined ? 'Bearer' : 'DPoP', proof };
}
