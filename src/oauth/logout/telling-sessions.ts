import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { ClientRegistry } from '../clients/client.ts';
import type { LogoutQueue } from './logout-queue.ts';

/**
 * The same commands, and whoever ends a session has its client told. It is noted before the end, so that a process that
 * dies in between leaves a note of a session that goes on, and never an end that nobody hears of. A session ends where it
 * cannot be noted, too: that is tried once more afterwards, and then given up. A session whose time runs out ends untold here.
 */
export function tellingSessions(
  sessions: SessionCommands,
  queue: Pick<LogoutQueue, 'note' | 'hurry' | 'giveUp'>,
): SessionCommands {
  async function isNoted(view: SessionView): Promise<boolean> {
    return await queue.note(view).then(
      () => true,
      () => false,
    );
  }

  /** @param noted whether it was noted before the end. */
  async function tell(view: SessionView, noted: boolean): Promise<void> {
    if (noted || (await isNoted(view))) queue.hurry();
    else queue.giveUp(view);
  }

  return {
    ...sessions,

    async revoke(at, reason) {
      const view = typeof at === 'string' ? (await sessions.look([at]))[0] : at;
      if (view?.session.status !== 'active') return await sessions.revoke(at, reason);
      const noted = await isNoted(view);
      await sessions.revoke(at, reason);
      await tell(view, noted);
    },

    async refresh(at, use, guard) {
      const after = await sessions.refresh(at, use, guard);
      if (after !== null && wasRevoked(at, after)) await tell(after, await isNoted(after));
      return after;
    },
  };
}

/** Tells the clients that ask for it of a session whose time ran out. What cannot be noted is given up. */
export function tellExpired(
  queue: Pick<LogoutQueue, 'note' | 'hurry' | 'giveUp'>,
  clients: Pick<ClientRegistry, 'find'>,
): (view: SessionView) => void {
  return (view) => {
    const client = clients.find(view.session.opened?.client_id ?? '');
    if (client?.policy.logout_on_expiry !== true) return;
    void queue.note(view).then(
      () => queue.hurry(),
      () => queue.giveUp(view),
    );
  };
}

function wasRevoked(at: string | SessionView, after: SessionView): boolean {
  const before = typeof at === 'string' ? 'active' : at.session.status;
  return before === 'active' && after.session.status === 'revoked';
}
