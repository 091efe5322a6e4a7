import type {
  Append,
  AppendResult,
  EventStore,
  FeedBatch,
  Head,
  Moment,
} from '../../src/store/event-store.ts';
import { MOMENTS_MAX, StoreUnavailable, cursorOfHead } from '../../src/store/event-store.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { cursorOf } from '../../src/ticket/cursor.ts';
import type { Present, SubjectView, Told } from '../../src/watch/present.ts';

/** What the tests' watchers are told. */
export interface Seen {
  readonly subject: Subject;
  readonly cursor: Cursor;
  readonly status: string;
  readonly reset: boolean;
}

const END = new Set(['confirmed', 'redeemed', 'denied', 'cancelled', 'expired']);

/** Tells what a head says; it knows nothing of secrets. */
export function presentOf(store: EventStore): Present<Seen> {
  const told = ({ head }: SubjectView, reset: boolean): Told<Seen> => {
    const cursor = cursorOfHead(head);
    return {
      cursor,
      notice: { subject: head.subject, cursor, status: head.status, reset },
      end: END.has(head.status),
    };
  };
  return {
    async load(subject) {
      const { heads, now } = await store.read([subject]);
      const head = heads[0] ?? null;
      return head === null ? null : { head, now };
    },
    told,
    gone: (subject) => ({
      cursor: cursorOf(1, '0'),
      notice: { subject, cursor: cursorOf(1, '0'), status: 'expired', reset: true },
      end: true,
    }),
    ends: ({ head }) => {
      const status = head.blob.split(' ').slice(-head.moments.length);
      return head.moments.filter((_, index) => END.has(status[index] ?? '')).map((moment) => moment.id);
    },
    movesInMs: ({ head, now }) => (head.final ? undefined : head.moments.at(-1)!.deadline - now),
  };
}

/** A read that was asked for and not yet answered. */
export interface PendingRead {
  /** The heads as they were when it was asked. A store may answer with these or with what is there now. */
  readonly early: readonly (Head | null)[];
  answer(which: 'early' | 'late'): void;
  fail(): void;
}

/**
 * A store in memory that keeps the port's promises on cursors and finality, whose reads and wake-ups wait until the test
 * lets them through. A head's blob is the list of its statuses.
 */
export class World implements EventStore {
  readonly heads = new Map<Subject, Head>();
  /** Reads that wait for {@link PendingRead.answer}; with `patient` off they are answered at once. */
  readonly reads: PendingRead[] = [];
  /** Wake-ups that the feed has not told yet. */
  readonly wakes: FeedBatch[] = [];
  patient = false;
  down = false;
  now = 1_000_000;
  readCount = 0;
  #tell: (() => void) | undefined;
  #passed: FeedBatch[] = [];

  append(batch: readonly Append[]): Promise<AppendResult> {
    if (this.down) return Promise.reject(new StoreUnavailable());
    const moments: Moment[] = [];
    for (const [index, append] of batch.entries()) {
      const head = this.heads.get(append.subject) ?? null;
      const last = head === null ? null : cursorOfHead(head);
      if (last !== append.expected || head?.final === true)
        return Promise.resolve({ outcome: 'conflict', now: this.now, index, head });
    }
    for (const append of batch) {
      const moment = { id: append.event.id, at: this.now, deadline: this.now + append.life.ms };
      moments.push(moment);
      this.put(append.subject, append.head.status, moment, append.head.final);
    }
    this.wakes.push({ kind: 'moved', subjects: batch.map((append) => append.subject) });
    if (!this.patient) this.passWakes();
    return Promise.resolve({ outcome: 'appended', now: this.now, moments });
  }

  /** Lets a subject move, as a command elsewhere would. */
  move(subject: Subject, status: string, nonce: string, lifeMs = 60_000): Cursor {
    const head = this.heads.get(subject);
    const id = cursorOf((head?.version ?? 0) + 1, nonce);
    void this.append([
      {
        subject,
        expected: head === undefined ? null : cursorOfHead(head),
        event: { id, type: status, schema: 1, data: '{}' },
        life: { ms: lifeMs },
        when: 'any',
        head: { status, final: END.has(status) && status !== 'confirmed', schema: 1, blob: '' },
      },
    ]);
    return id;
  }

  /** Takes the last event back and puts another in its place, as a failover can. */
  rewrite(subject: Subject, status: string, nonce: string): Cursor {
    const head = this.heads.get(subject)!;
    const moments = head.moments.slice(0, -1);
    const id = cursorOf(head.version, nonce);
    this.heads.set(subject, {
      ...head,
      moments: [...moments, { id, at: this.now, deadline: this.now + 60_000 }],
      status,
      blob: [...head.blob.split(' ').slice(0, -1), status].join(' '),
    });
    this.wakes.push({ kind: 'all' });
    return id;
  }

  put(subject: Subject, status: string, moment: Moment, final: boolean): void {
    const head = this.heads.get(subject);
    this.heads.set(subject, {
      subject,
      version: (head?.version ?? 0) + 1,
      moments: [...(head?.moments ?? []), moment].slice(-MOMENTS_MAX),
      first: head?.first ?? moment.at,
      status,
      final,
      schema: 1,
      blob: head === undefined ? status : `${head.blob} ${status}`,
    });
  }

  read(subjects: readonly Subject[]): Promise<{ heads: readonly (Head | null)[]; now: number }> {
    this.readCount += 1;
    const look = (): (Head | null)[] => subjects.map((subject) => this.heads.get(subject) ?? null);
    if (!this.patient) {
      return this.down
        ? Promise.reject(new StoreUnavailable())
        : Promise.resolve({ heads: look(), now: this.now });
    }
    return new Promise((resolve, reject) => {
      const early = look();
      this.reads.push({
        early,
        answer: (which) => resolve({ heads: which === 'early' ? early : look(), now: this.now }),
        fail: () => reject(new StoreUnavailable()),
      });
    });
  }

  /** Lets the feed tell its next wake-ups, all of them by default. */
  passWakes(count = this.wakes.length): void {
    this.#passed.push(...this.wakes.splice(0, count));
    this.#tell?.();
  }

  async *feed({ signal, ready }: { signal: AbortSignal; ready?: () => void }): AsyncIterable<FeedBatch> {
    signal.addEventListener('abort', () => this.#tell?.());
    ready?.();
    while (!signal.aborted) {
      const batch = this.#passed.shift();
      if (batch !== undefined) yield batch;
      else await new Promise<void>((resolve) => (this.#tell = resolve));
    }
  }

  history(): Promise<readonly []> {
    return Promise.resolve([]);
  }
  rebuild(): Promise<null> {
    return Promise.resolve(null);
  }
  due(): Promise<readonly []> {
    return Promise.resolve([]);
  }
  health(): { timeline: string; up: boolean } {
    return { timeline: 'one', up: !this.down };
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
