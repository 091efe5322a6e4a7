import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Config } from '../../config/config.ts';
import { BadSelection, userIn } from '../../oauth/revocation/selection.ts';
import { userSessions } from '../../oauth/tokens/user-sessions.ts';
import { ListUnavailable } from '../../operate/sessions-page.ts';
import type { ListSessions, ListedSession } from '../../operate/sessions-page.ts';
import { StoreUnavailable, lastMoment } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import { knownUsers } from './known-users.ts';

/** Lists where users are signed in, as they see it themselves. */
export function listSessions(config: Config, ledger: Ledger, sessions: SessionCommands): ListSessions {
  const lists = userSessions(ledger, sessions);
  return async (text) => {
    try {
      const users = knownUsers(config, userIn(text));
      if (users.length === 0) return undefined;
      const views = await Promise.all(users.map((user) => lists.of(user)));
      return views.flat().map(listed);
    } catch (error) {
      if (error instanceof BadSelection) return undefined;
      if (error instanceof StoreUnavailable || error instanceof ScangateError)
        throw new ListUnavailable('the list cannot be read', { cause: error });
      throw error;
    }
  };
}

function listed(view: SessionView): ListedSession {
  const { client_id, ticket_id, browser } = openedOf(view);
  const { ip, place, agent } = browser;
  return {
    sid: view.sid,
    ticket_id,
    client_id,
    opened_at: new Date(view.head.first).toISOString(),
    last_seen_at: new Date(lastMoment(view.head).at).toISOString(),
    browser: { ip, agent, ...(place === undefined ? {} : { place }) },
  };
}
