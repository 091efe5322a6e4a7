import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { LogoutQueue } from './logout-queue.ts';

/**
 * The same commands, and whoever ends a session has its client told. It is noted before the end, so that a process that
 * dies in between leaves a note of a session that goes on, and never an end that nobody hears of. A session whose time
 * runs out ends untold.
 */
export function tellingSessions(
  sessions: SessionCommands,
  queue: Pick<LogoutQueue, 'note' | 'hurry'>,
): SessionCommands {
  return {
    ...sessions,

    async revoke(at, reason) {
      const view = typeof at === 'string' ? (await sessions.look([at]))[0] : at;
      const ends = view?.session.status === 'active';
      if (ends) await queue.note(view);
      await sessions.revoke(at, reason);
      if (ends) queue.hurry();
    },

    async refresh(at, generation, keyId, guard) {
      const after = await sessions.refresh(at, generation, keyId, guard);
      if (after !== null && wasRevoked(at, after)) {
        await queue.note(after);
        queue.hurry();
      }
      return after;
    },
  };
}

function wasRevoked(at: string | SessionView, after: SessionView): boolean {
  const before = typeof at === 'string' ? 'active' : at.session.status;
  return before === 'active' && after.session.status === 'revoked';
}
