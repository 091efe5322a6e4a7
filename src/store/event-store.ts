import type { Cursor } from '../ticket/cursor.ts';
import type { Life } from '../ticket/life.ts';
import type { Subject } from './subject.ts';

/** When one event happened, by the store's clock, and the deadline it left: milliseconds since the epoch. */
export interface Moment {
  readonly id: Cursor;
  readonly at: number;
  readonly deadline: number;
}

/** How many of a subject's last moments a head keeps. A ticket never has more events than this. */
export const MOMENTS_MAX = 8;

/** How many appends a batch may hold. */
export const BATCH_MAX = 4;

/** The longest data, and the longest blob, in UTF-8 bytes. */
export const TEXT_BYTES_MAX = 131_072;

/**
 * What a subject is now, as its last writer left it: fields that the store writes, and a blob that the node folded.
 * A ticket's head is a cache of its log. A session's is its record: its log is trimmed while it lives.
 */
export interface Head {
  readonly subject: Subject;
  readonly version: number;
  /** The last {@link MOMENTS_MAX} events, oldest first; never empty. */
  readonly moments: readonly Moment[];
  /** The first event's stamp. */
  readonly first: number;
  readonly status: string;
  readonly final: boolean;
  /** The highest schema number among the events folded into the blob. */
  readonly schema: number;
  /** The fold as JSON, without times. */
  readonly blob: string;
}

/** The id of the last event of a head: the cursor that the next append must name. */
export function cursorOfHead(head: Head): Cursor {
  return lastMoment(head).id;
}

/** The present deadline of a head, in milliseconds since the epoch. */
export function deadlineOf(head: Head): number {
  return lastMoment(head).deadline;
}

/** The newest moment of a head. */
export function lastMoment({ moments }: Pick<Head, 'moments'>): Moment {
  const moment = moments[moments.length - 1];
  if (moment === undefined) throw new Error('a head without moments');
  return moment;
}

/** One event as the log keeps it. */
export interface StoredEvent {
  readonly subject: Subject;
  readonly version: number;
  readonly id: Cursor;
  readonly at: number;
  readonly deadline: number;
  readonly type: string;
  readonly schema: number;
  /** JSON text. */
  readonly data: string;
}

/** One event to be written, and what it makes of its subject. */
export interface Append {
  readonly subject: Subject;
  /** The id of the subject's last event as the writer saw it; null for a first event. */
  readonly expected: Cursor | null;
  readonly event: {
    /** Its version is the expected one's plus one. Made once per decision and kept over retries. */
    readonly id: Cursor;
    readonly type: string;
    readonly schema: number;
    readonly data: string;
  };
  readonly life: Life;
  /**
   * On which side of the present deadline the event may happen, by the store's clock. `before` for all commands,
   * `after` for `expired`, `any` for what no deadline can refuse (a revocation). The first event is always allowed.
   */
  readonly when: 'before' | 'after' | 'any';
  readonly head: {
    readonly status: string;
    readonly final: boolean;
    readonly schema: number;
    readonly blob: string;
  };
}

/**
 * When what a store answers may be told. `replicated`: only while every replica that must hold it does, at least one;
 * `auto`: the same, but without a replica there is none to wait for; `acknowledged`: as soon as the master answered.
 */
export type Durability = 'auto' | 'replicated' | 'acknowledged';

/** What became of a batch of appends. All of it was written, or nothing. `now` is the store's time in milliseconds. */
export type AppendResult =
  | {
      /** `already`: this very batch was written before; the moments are the first answer's. */
      readonly outcome: 'appended' | 'already';
      readonly now: number;
      /** One per append: when it happened, and the deadline it left. */
      readonly moments: readonly Moment[];
    }
  | {
      /**
       * `conflict`: the expected event is not the last one, or the subject is final. `late`: the deadline has passed.
       * `early`: it has not yet. `missing`: there is no head to append to; it may have to be rebuilt from the log.
       */
      readonly outcome: 'conflict' | 'late' | 'early' | 'missing';
      readonly now: number;
      /** Which append of the batch was refused. */
      readonly index: number;
      /** That subject's head as it is, so that nobody needs to read again. */
      readonly head: Head | null;
    };

/** Which subjects moved, or that any may have (after a failover, a lost place, a reconnect). */
export type FeedBatch =
  | {
      readonly kind: 'moved';
      readonly subjects: readonly Subject[];
      /** Whose append each of them moved by, as a `traceparent`, where that was written down. */
      readonly traces?: ReadonlyMap<Subject, string>;
    }
  | { readonly kind: 'all' };

/** What a node may look at to judge the store. */
export interface StoreHealth {
  /** Names one unbroken history. Changes with a failover or a wiped store. */
  readonly timeline: string;
  /** Whether calls get through at this moment. */
  readonly up: boolean;
  /** How far its servers' clocks are apart, in milliseconds: by so much a failover would move all deadlines. */
  readonly clockSkewMs?: number;
  /** Whether a server may throw data away once its memory is full. */
  readonly mayEvict?: boolean;
  /**
   * For how long the slowest replica that must hold what is acknowledged has lacked something, in milliseconds: what was
   * told since may be lost with the master.
   */
  readonly replicaLagMs?: number;
}

/** The store did not answer in time, or said no for reasons of its own. A write may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/** What there is to tell is not on every replica that must hold it. The same call again tells it once it is. */
export class NotReplicated extends StoreUnavailable {
  override readonly name = 'NotReplicated';
}

/**
 * What happened, in order. The promises every implementation keeps:
 *
 * - **Atomic.** Check and write of one batch are one step; a batch is written whole or not at all. All subjects of a
 *   batch share a partition ({@link Append.subject}), which the caller sees to; a foreign one is a programming error.
 * - **The cursor decides.** An append whose `expected` is not the id of the subject's last event, version *and* nonce,
 *   is a `conflict`. A final subject refuses every append, whatever it names.
 * - **A retry changes nothing.** An append whose event id already stands at that version answers `already` with the
 *   first answer, before anything else is looked at: deadline, finality and expected cursor included. That holds while
 *   the event is among the head's moments. A first event that arrives again after its head went answers `already` or
 *   `conflict`, never `appended`, as long as the log lives.
 * - **The store's clock.** Stamps come from the store and never go back within a subject; `now` stands in each answer.
 *   Deadlines are compared with that clock alone.
 * - **Durable.** An answer, of a write or of a read, a retry's or a conflict's too, comes only once what it tells is as
 *   durable as the store was opened to make it ({@link Durability}); else {@link NotReplicated} is thrown.
 * - **Of now.** An answer comes only from a server of which a majority said afterwards that it is the master, where there
 *   is one to be asked; else {@link StoreUnavailable} is thrown, never an old state told as if it were new.
 * - **Order.** `history` and the feed give a subject's events in the order of their versions.
 * - **Bounded.** Every call settles: with its result, or by throwing {@link StoreUnavailable} at the call's deadline.
 *   After that a write may still have happened; the caller repeats it with the same event id.
 */
export interface EventStore {
  /**
   * Writes one to {@link BATCH_MAX} events of as many subjects, or none of them.
   *
   * @throws RangeError for a batch, subject or text out of bounds: a programming error.
   */
  append(batch: readonly Append[]): Promise<AppendResult>;

  /** Heads as they are now; null where there is none. Calls of one tick may be put together. */
  read(
    subjects: readonly Subject[],
  ): Promise<{ readonly heads: readonly (Head | null)[]; readonly now: number }>;

  /** All events of a subject that the log still holds, oldest first. Bounded by what the log keeps. */
  history(subject: Subject): Promise<readonly StoredEvent[]>;

  /**
   * Folds a subject's head anew from its log, if the head is missing and the log holds the first event. One at a time
   * per subject. Returns the head as it is afterwards, or null.
   */
  rebuild(subject: Subject): Promise<Head | null>;

  /** Up to `limit` (at most 200) subjects whose deadline has passed and that are not final. Removes nothing. */
  due(limit: number): Promise<readonly Subject[]>;

  /**
   * The log's tail from now on, until the signal aborts. It starts at the end as it was when this promise's first
   * batch was asked for; `ready` is called once events from then on are sure to be seen. Survives outages: afterwards
   * it goes on where it was, or says `all`. Canaries are told like everything else.
   */
  feed(options: { readonly signal: AbortSignal; readonly ready?: () => void }): AsyncIterable<FeedBatch>;

  /** The store's present state as this node sees it, without asking. */
  health(): StoreHealth;

  /** Ends all connections; pending calls settle. */
  close(): Promise<void>;
}
