import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import { sessionNotice } from '../../session/notice.ts';
import type { SessionNotice } from '../../session/notice.ts';
import { cursorOfHead, deadlineOf, lastMoment } from '../../store/event-store.ts';
import { idOf } from '../../store/subject.ts';
import type { Present } from '../../watch/present.ts';

/** Makes the notices of sessions. One serves the whole process. @param retryAfterMs advice for who polls. */
export function sessionPresenter(
  sessions: SessionCommands,
  retryAfterMs: number,
): Present<SessionNotice, SessionView> {
  return {
    async load(subject) {
      const [view] = await sessions.look([idOf(subject)]);
      return view ?? null;
    },

    told: ({ session, head, now }, reset) => ({
      cursor: cursorOfHead(head),
      notice: sessionNotice(session, {
        sid: idOf(head.subject),
        cursor: cursorOfHead(head),
        expiresInMs: deadlineOf(head) - now,
        reset,
        retryAfterMs: head.final ? 0 : retryAfterMs,
      }),
      end: head.final,
    }),

    gone: (subject) => ({
      cursor: '1-0',
      notice: sessionNotice(
        { status: 'expired' },
        { sid: idOf(subject), cursor: '1-0', expiresInMs: 0, reset: true, retryAfterMs: 0 },
      ),
      end: true,
    }),

    ends: ({ head }) => (head.final ? [lastMoment(head).id] : []),

    movesInMs: ({ head, now }) => (head.final ? undefined : Math.max(0, deadlineOf(head) - now)),
  };
}
