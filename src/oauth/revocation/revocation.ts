import type { SessionCommands } from '../../command/session-commands.ts';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import { NewerSchema } from '../../store/codec.ts';
import { deadlineOf } from '../../store/event-store.ts';
import type { EventStore, Head } from '../../store/event-store.ts';
import { sessionOf, ticketOf } from '../../store/fold.ts';
import type { LivingSubjects } from '../../store/living.ts';
import { idOf, kindOf, sessionSubject } from '../../store/subject.ts';
import type { Subject } from '../../store/subject.ts';
import { sameUser } from '../../ticket/decide.ts';
import type { User } from '../../ticket/events.ts';
import { isSelected } from './selection.ts';
import type { Candidate, Selection } from './selection.ts';

/** What may be ended, and how. */
export interface RevocationParts {
  readonly living: LivingSubjects;
  readonly store: Pick<EventStore, 'read'>;
  readonly tickets: Pick<TicketCommands, 'run'>;
  /** Those that tell clients (`tellingSessions`). */
  readonly sessions: Pick<SessionCommands, 'revoke'>;
  /** Who a source and subject are, by the issuers that this gateway is set up for. Others are found by what they have. */
  readonly known: (user: Pick<User, 'source' | 'subject'>) => readonly User[];
  /** Lets nothing of a user open or go on that they confirmed until now, and ends their sessions of the approval page. */
  readonly bar: (user: User) => Promise<void>;
}

/** A session or a ticket that is selected. */
export interface Selected extends Candidate {
  readonly kind: 'session' | 'ticket';
  readonly id: string;
}

/** What came of a revocation, so far or at its end. */
export interface RevocationReport {
  /** Sessions and tickets that were looked at; one that was looked at in two rounds counts twice. */
  readonly looked: number;
  /** Sessions and tickets that were ended, or with a dry run would be. */
  readonly sessions: number;
  readonly tickets: number;
  /** Selected ones that could not be ended: the same again ends them. */
  readonly failed: number;
  /** Those that a later release wrote: they are left alone. */
  readonly newer: number;
  /**
   * Users who are barred, or with a dry run would be: 0 unless all of a user is selected. Then 0 says that nothing of theirs was
   * found, and that no issuer is set up for their source: their sessions of the approval page, if there are any, go on.
   */
  readonly users: number;
  /** Sessions that ended, and whose applications may not hear of it by a logout token. */
  readonly untold: number;
}

export interface RevocationOptions {
  /** Nothing is ended. */
  readonly isDryRun: boolean;
  /** Told of the first ten thousand. */
  readonly onSelected?: (one: Selected) => void;
  /** Told of each user who is barred. */
  readonly onBarred?: (user: User) => void;
  /** Told after each page, and where it breaks off. */
  readonly onProgress?: (report: RevocationReport) => void;
  /** Stops it between two of those that are ended together. */
  readonly signal?: AbortSignal;
}

/** Ends what is selected. The same again ends what is left, and nothing twice. @throws RevocationStopped by `signal` */
export type Revoke = (selection: Selection, options: RevocationOptions) => Promise<RevocationReport>;

/** A revocation was stopped before it was through. */
export class RevocationStopped extends Error {
  override readonly name = 'RevocationStopped';
}

/** A ticket may become a session while the first look has sessions behind it: one that finds nothing is not believed. */
const ROUNDS_MIN = 2;

/**
 * How often all is looked at, while the round before ended something: a ticket may have become a session meanwhile, and
 * nothing that a look has ended can become one.
 */
const ROUNDS_MAX = 5;

/** How many are ended at one time. */
const AT_ONCE_MAX = 50;

/** How many are named one by one. */
const NAMED_MAX = 10_000;

/** Users of one subject whom one run bars: more than there are sources. */
const USERS_MAX = 20;

/** Makes revocation over a store. @throws StoreUnavailable, from the call, where the store cannot be read. */
export function revocation(parts: RevocationParts): Revoke {
  return async (selection, options) => {
    const report = { looked: 0, sessions: 0, tickets: 0, failed: 0, newer: 0, users: 0, untold: 0 };
    const users: User[] = [];
    let named = 0;

    async function round(): Promise<number> {
      let ended = 0;
      report.failed = 0;
      report.newer = 0;
      for await (const page of pagesOf(parts, selection)) {
        const selected = await selectedOf(page);
        for (const some of together(selected, options)) ended += await endAll(some);
        options.onProgress?.({ ...report });
        assertGoesOn(options);
      }
      return ended;
    }

    async function selectedOf(page: readonly Subject[]): Promise<readonly Selected[]> {
      const { heads, now } = await parts.store.read(page);
      const found: Selected[] = [];
      for (const head of heads) {
        if (head === null || head.final || deadlineOf(head) <= now) continue;
        report.looked += 1;
        try {
          const one = candidateOf(head);
          if (one !== undefined && isSelected(selection, one)) found.push(one);
        } catch (error) {
          if (!(error instanceof NewerSchema)) throw error;
          report.newer += 1;
        }
      }
      return found;
    }

    async function endAll(some: readonly Selected[]): Promise<number> {
      for (const one of some) if (named++ < NAMED_MAX) options.onSelected?.(one);
      await barNew(some.map(({ user }) => user));
      const ends = options.isDryRun
        ? some.map(() => true)
        : await Promise.all(some.map((one) => isEnded(parts, one)));
      countEnds(report, some, ends);
      return ends.filter(Boolean).length;
    }

    async function barNew(found: readonly (User | undefined)[]): Promise<void> {
      if (!selection.isWholeUser) return;
      for (const user of found) {
        if (user === undefined || users.length >= USERS_MAX || users.some((one) => sameUser(one, user)))
          continue;
        users.push(user);
        if (!options.isDryRun) await parts.bar(user);
        options.onBarred?.(user);
        report.users = users.length;
      }
    }

    try {
      if (selection.user !== undefined) await barNew(parts.known(selection.user));
      for (let done = 1; done <= (options.isDryRun ? 1 : ROUNDS_MAX); done += 1)
        if ((await round()) === 0 && done >= ROUNDS_MIN) break;
    } catch (error) {
      options.onProgress?.({ ...report });
      throw error;
    }
    return report;
  };
}

// Of one session no other is looked at.
function pagesOf(
  { living }: RevocationParts,
  { sid }: Selection,
): AsyncIterable<readonly Subject[]> | readonly (readonly Subject[])[] {
  return sid === undefined ? living() : [[sessionSubject(sid)]];
}

function countEnds(
  report: { failed: number; sessions: number; tickets: number },
  some: readonly Selected[],
  ends: readonly boolean[],
): void {
  for (const [index, { kind }] of some.entries()) {
    if (ends[index] !== true) report.failed += 1;
    else if (kind === 'session') report.sessions += 1;
    else report.tickets += 1;
  }
}

function* together(
  selected: readonly Selected[],
  options: RevocationOptions,
): Generator<readonly Selected[]> {
  for (let from = 0; from < selected.length; from += AT_ONCE_MAX) {
    assertGoesOn(options);
    yield selected.slice(from, from + AT_ONCE_MAX);
  }
}

function assertGoesOn({ signal }: RevocationOptions): void {
  if (signal?.aborted === true)
    throw new RevocationStopped('it was stopped before it was through: the same again ends what is left');
}

async function isEnded({ sessions, tickets }: RevocationParts, { kind, id }: Selected): Promise<boolean> {
  const end =
    kind === 'session'
      ? sessions.revoke(id, 'operator')
      : tickets.run(id, { type: 'revoke' }, () => undefined);
  return await end.then(
    () => true,
    () => false,
  );
}

/** Undefined for what was never opened. @throws NewerSchema */
function candidateOf(head: Head): Selected | undefined {
  const { first: at, subject } = head;
  const id = idOf(subject);
  if (kindOf(subject) === 'ticket') {
    const { minted, scanned } = ticketOf(head);
    const { client_id: clientId, browser } = minted;
    return { kind: 'ticket', id, ticketId: id, user: scanned?.user, clientId, address: browser.ip, at };
  }
  if (kindOf(subject) !== 'session') return undefined;
  const { opened } = sessionOf(head);
  if (opened === undefined) return undefined;
  const { ticket_id: ticketId, user, client_id: clientId, browser } = opened;
  return { kind: 'session', id, sid: id, ticketId, user, clientId, address: browser.ip, at };
}
