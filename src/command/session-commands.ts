import { decideSession } from '../session/decide.ts';
import type { RevokedData } from '../session/events.ts';
import type { EventStore, Head } from '../store/event-store.ts';
import { kindOf, subjectsOfAllPartitions } from '../store/subject.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { MakeNonce } from './nonce.ts';
import { withStoreErrors } from '../store/store-errors.ts';
import { runCommand } from './run.ts';
import type { Decision, RunOptions } from './run.ts';
import { sessionAfter, sessionChange } from './session-change.ts';
import { sessionReader } from './session-reader.ts';
import type { OnSessionExpired } from './session-reader.ts';
import { sessionViewOf } from './session-view.ts';
import type { SessionView } from './session-view.ts';
import { momentOf } from './ticket-view.ts';

/** Looks at a session before a command decides, on every try: it throws where the caller has no business here. */
export type SessionGuard = (view: SessionView) => void;

/** Which session a command is for: its id, or the session as this very request has read it, which is not read again. */
export type SessionAt = string | SessionView;

/** The use of a refresh token. */
export interface RefreshUse {
  /** The event that the token was made from. */
  readonly generation: Cursor;
  /** The key that will make the next generation's secrets. */
  readonly keyId: string;
  /** The thumbprint of the key that the next generation's tokens are bound to; undefined: they are bearers. */
  readonly jkt?: string | undefined;
}

/** Everything that can be done with a session. An id may be unknown: then there is nothing to see. */
export interface SessionCommands {
  /** The sessions as they are now, null where there is none. One whose deadline has passed is expired first. */
  look(sids: readonly string[]): Promise<readonly (SessionView | null)[]>;
  /**
   * Uses a refresh token. Afterwards the session is active, with a new generation or
   * the one that an earlier use of the same token made; or it is not, because the token was used twice, or it ended.
   * Null: there is no such session.
   */
  refresh(at: SessionAt, use: RefreshUse, guard: SessionGuard): Promise<SessionView | null>;
  /** Ends a session. One that was never opened is ended too: then nothing opens. Idempotent. */
  revoke(at: SessionAt, reason: RevokedData['reason']): Promise<void>;
  /**
   * A time, in milliseconds since the epoch, that no event until now is stamped after: by the store's clocks, all of them, and
   * no node's. Of servers whose clocks are apart it is as much later as they are.
   */
  latest(): Promise<number>;
  /** Appends `expired` to a session whose deadline has passed; other subjects stay. Answers the head afterwards. */
  expire(head: Head): Promise<Head>;
}

export interface SessionCommandsOptions {
  readonly store: EventStore;
  readonly makeNonce: MakeNonce;
  readonly tries: number;
  /** How long after a refresh the token before may be repeated, in milliseconds. */
  readonly replayWindowMs: number;
  readonly onExpired?: OnSessionExpired | undefined;
}

/** Makes the commands over one store. */
export function sessionCommands(options: SessionCommandsOptions): SessionCommands {
  const { store, makeNonce, tries } = options;
  const reader = sessionReader(store, makeNonce, options.onExpired);

  return {
    look: (sids) => withStoreErrors(() => reader.load(sids)),

    async refresh(at, use, guard) {
      function decideAt(seen: SessionView | null): Decision<SessionView | null> {
        if (seen === null) return { batch: [], answer: () => null };
        guard(seen);
        const event = decideSession(seen.session, { type: 'refresh', ...use, young: isYoung(seen) });
        if (event === undefined) return { batch: [], answer: () => seen };
        const change = sessionChange(seen.sid, seen, event, makeNonce());
        return {
          batch: [change.append],
          answer: ([moment], now) => sessionAfter(seen, change, moment, now),
        };
      }
      return await runCommand(store, startOf(at), decideAt, runOptions(sidOf(at)));
    },

    async revoke(at, reason) {
      let isFirstTry = true;
      function decideAt(seen: SessionView | null): Decision<void> {
        const nothing = { batch: [], answer: () => undefined };
        // The store takes no first event twice: where it refused this one and has no head, the session ended and is forgotten.
        if (seen === null && !isFirstTry) return nothing;
        isFirstTry = false;
        const event = decideSession(seen?.session, { type: 'revoke', reason });
        if (event === undefined) return nothing;
        const { append } = sessionChange(sidOf(at), seen, event, makeNonce());
        return { batch: [append], answer: () => undefined };
      }
      await runCommand(store, startOf(at), decideAt, runOptions(sidOf(at)));
    },

    async latest() {
      const { now } = await withStoreErrors(() => store.read(ONE_OF_EACH));
      return now + Math.ceil(store.health().clockSkewMs ?? 0);
    },

    async expire(head) {
      if (kindOf(head.subject) !== 'session') return head;
      return (await reader.expire(sessionViewOf(head, head.first))).head;
    },
  };

  function runOptions(sid: string): RunOptions<SessionView | null> {
    return {
      load: async () => (await reader.load([sid]))[0] ?? null,
      fromHead: (head, now) => reader.fromHead(head, now),
      tries,
    };
  }

  function isYoung({ head, session, now }: SessionView): boolean {
    const at = momentOf(head, session.generation);
    return at !== undefined && now - at <= options.replayWindowMs;
  }
}

/** Nothing has these ids; each partition's server tells its time. */
const ONE_OF_EACH = subjectsOfAllPartitions('session');

function startOf(at: SessionAt): SessionView | undefined {
  return typeof at === 'string' ? undefined : at;
}

function sidOf(at: SessionAt): string {
  return typeof at === 'string' ? at : at.sid;
}
