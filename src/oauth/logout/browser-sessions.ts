import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Ledger } from '../../store/ledger.ts';

/** Which sessions were opened in a known browser. The ledger only helps to find them: what it loses is not asked about. */
export interface BrowserSessions {
  /** Remembers a session that is about to open. @param key a known browser's. */
  add(key: string, sid: string, lifeMs: number): Promise<void>;
  /** Those that are active, the one that ends last first. */
  of(key: string): Promise<readonly SessionView[]>;
}

/** The most sessions of one browser that are remembered. */
const SESSIONS_MAX = 20;

export function browserSessions(ledger: Ledger, sessions: SessionCommands): BrowserSessions {
  return {
    async add(key, sid, lifeMs) {
      await ledger.addMember(setOf(key), sid, lifeMs, SESSIONS_MAX).catch(() => undefined);
    },
    async of(key) {
      const views = await sessions.look(await ledger.members(setOf(key), SESSIONS_MAX));
      return views.filter((view) => view !== null).filter(({ session }) => session.status === 'active');
    },
  };
}

function setOf(key: string): string {
  return `browser-sessions:${key}`;
}
