import { decideSession } from '../session/decide.ts';
import type { SessionCommand } from '../session/decide.ts';
import type { RevokedData, SessionEvent } from '../session/events.ts';
import { sessionLifeOf } from '../session/life.ts';
import { evolveSession } from '../session/session.ts';
import { encodeEvent } from '../store/codec.ts';
import type { Append, Durability, EventStore, Head } from '../store/event-store.ts';
import { cursorOfHead } from '../store/event-store.ts';
import { foldedSession, sessionOf } from '../store/fold.ts';
import { kindOf, sessionSubject } from '../store/subject.ts';
import type { Subject } from '../store/subject.ts';
import { cursorOf } from '../ticket/cursor.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { MakeNonce } from './nonce.ts';
import { headAfter, loadAll, runCommand, withStoreErrors } from './run.ts';
import type { RunOptions } from './run.ts';
import { sessionViewOf } from './session-view.ts';
import type { SessionView } from './session-view.ts';
import { isOverdue, momentOf } from './ticket-view.ts';

/** Looks at a session before a command decides, on every try: it throws where the caller has no business here. */
export type SessionGuard = (view: SessionView) => void;

/** Everything that can be done with a session. An id may be unknown: then there is nothing to see. */
export interface SessionCommands {
  /** The sessions as they are now, null where there is none. One whose deadline has passed is expired first. */
  look(sids: readonly string[]): Promise<readonly (SessionView | null)[]>;
  /**
   * Uses a refresh token, made from the event `generation`. Afterwards the session is active, with a new generation or
   * the one that an earlier use of the same token made; or it is not, because the token was used twice, or it ended.
   * Null: there is no such session.
   */
  refresh(sid: string, generation: Cursor, keyId: string, guard: SessionGuard): Promise<SessionView | null>;
  /** Ends a session. One that was never opened is ended too: then nothing opens. Idempotent. */
  revoke(sid: string, reason: RevokedData['reason']): Promise<void>;
  /** Appends `expired` where a session's deadline has passed. Answers the head afterwards. */
  expire(head: Head): Promise<Head>;
}

/** What session commands are made of. */
export interface SessionCommandsOptions {
  readonly store: EventStore;
  readonly makeNonce: MakeNonce;
  readonly tries: number;
  /** For revocations; everything else is `acknowledged`. */
  readonly durability: Durability;
  /** How long after a refresh the token before may be repeated, in milliseconds. */
  readonly replayWindowMs: number;
}

const WHEN: Record<SessionEvent['type'], Append['when']> = {
  opened: 'any',
  refreshed: 'before',
  revoked: 'any',
  expired: 'after',
};

/** Makes the commands over one store. */
export function sessionCommands(options: SessionCommandsOptions): SessionCommands {
  const { store, makeNonce } = options;

  function appendOf(subject: Subject, head: Head | null, event: SessionEvent): Append {
    const id = cursorOf((head?.version ?? 0) + 1, makeNonce());
    const next = evolveSession(head === null ? undefined : sessionOf(head), { ...event, id });
    if (next === undefined) throw new Error(`${event.type} begins no session`);
    return {
      subject,
      expected: head === null ? null : cursorOfHead(head),
      event: { id, ...encodeEvent(event) },
      life: sessionLifeOf(event),
      when: WHEN[event.type],
      head: foldedSession(next),
    };
  }

  function batchOf(subject: Subject, head: Head | null, command: SessionCommand): readonly Append[] {
    const event = decideSession(head === null ? undefined : sessionOf(head), command);
    return event === undefined ? [] : [appendOf(subject, head, event)];
  }

  async function expire(head: Head): Promise<Head> {
    if (kindOf(head.subject) !== 'session') return head;
    const [append] = batchOf(head.subject, head, { type: 'expire' });
    if (append === undefined) return head;
    const result = await store.append([append]);
    if (!('moments' in result)) return result.head ?? head;
    const [moment] = result.moments;
    return moment === undefined ? head : headAfter(head, append, moment);
  }

  function runOptions(durability: Durability): RunOptions {
    return { tries: options.tries, durability, expire };
  }

  function isYoung(head: Head, now: number): boolean {
    const at = momentOf(head, sessionOf(head).generation);
    return at !== undefined && now - at <= options.replayWindowMs;
  }

  return {
    expire,

    async look(sids) {
      return await withStoreErrors(async () => {
        const { heads, now } = await loadAll(store, sids.map(sessionSubject));
        return await Promise.all(
          heads.map(async (head) =>
            head === null ? null : sessionViewOf(isOverdue(head, now) ? await expire(head) : head, now),
          ),
        );
      });
    },

    async refresh(sid, generation, keyId, guard) {
      const subject = sessionSubject(sid);
      return await runCommand(
        store,
        [subject],
        ([head], now) => {
          if (head === null || head === undefined) return { batch: [], answer: () => null };
          guard(sessionViewOf(head, now));
          const command = { type: 'refresh', generation, keyId, young: isYoung(head, now) } as const;
          return {
            batch: batchOf(subject, head, command),
            answer: ([after], at) => (after ? sessionViewOf(after, at) : null),
          };
        },
        runOptions('acknowledged'),
      );
    },

    async revoke(sid, reason) {
      const subject = sessionSubject(sid);
      await runCommand(
        store,
        [subject],
        ([head]) => ({
          batch: batchOf(subject, head ?? null, { type: 'revoke', reason }),
          answer: () => undefined,
        }),
        runOptions(options.durability),
      );
    },
  };
}
