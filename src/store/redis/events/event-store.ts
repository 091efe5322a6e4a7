import type {
  Append,
  AppendResult,
  Durability,
  EventStore,
  FeedBatch,
  Head,
  StoreHealth,
  StoredEvent,
} from '../../event-store.ts';
import type { Subject } from '../../subject.ts';
import { appendArguments, appendResult } from '../format/append-call.ts';
import type { Marked } from '../format/append-call.ts';
import { checkBatch } from '../../bounds.ts';
import { History } from './history.ts';
import { ReadBatch } from './read-batch.ts';
import type { Reading } from './read-batch.ts';
import { readHeads } from './read-heads.ts';
import type { RestoreTools } from '../failover/restore.ts';
import { ReplicatedAppends } from './replicated-appends.ts';
import type { Session } from './session.ts';
import { Sweep } from './sweep.ts';
import type { Tail } from './tail.ts';

/** How often, and after how long, a head that is missing right after a failover is looked for again. */
const LOOKS_MAX = 5;
const LOOK_AGAIN_MS = 200;

/** The event store on Redis Streams. What each part does stands in the part's own file. */
export class RedisStore implements EventStore {
  readonly #session: Session;
  readonly #tail: Tail;
  readonly #reads: ReadBatch;
  readonly #history: History;
  readonly #sweep: Sweep;
  readonly #replicated: ReplicatedAppends;

  /** What a restore needs of this store: reading past those who are held up for it. */
  get restoreTools(): RestoreTools {
    return {
      session: this.#session,
      read: (subject) => this.#reads.read(subject),
      rebuild: (subject) => this.#history.rebuild(subject),
    };
  }

  constructor(session: Session, tail: Tail) {
    this.#session = session;
    this.#tail = tail;
    this.#reads = new ReadBatch(session.partitions, (groups) => readHeads(session, groups));
    this.#history = new History(session, this.#reads);
    this.#sweep = new Sweep(session);
    this.#replicated = new ReplicatedAppends(session);
  }

  async append(
    batch: readonly Append[],
    options: { readonly durability?: Durability } = {},
  ): Promise<AppendResult> {
    const session = this.#session;
    const partition = checkBatch(batch, session.partitions);
    session.checkWritable();
    const replicated = options.durability === 'replicated';
    let result = await this.#send(batch, partition, replicated);
    if ('head' in result && !(await session.isSure((batch[result.index] as Append).subject, result.head))) {
      result = await this.#send(batch, partition, replicated);
    }
    if (result.outcome === 'marked') {
      await this.#history.rebuild((batch[result.index] as Append).subject).catch(() => null);
      const marked = result;
      result = await this.#send(batch, partition, replicated);
      if (result.outcome === 'marked') return this.#firstAgain(batch, marked);
    }
    if ('moments' in result) session.acknowledged(batch, result.moments, partition);
    return result;
  }

  async read(subjects: readonly Subject[]): Promise<{ heads: readonly (Head | null)[]; now: number }> {
    const session = this.#session;
    if (subjects.length === 0) {
      const [answer] = await readHeads(session, [{ partition: 0, subjects: [] }]);
      return { heads: [], now: answer?.now ?? 0 };
    }
    for (let looks = 1; ; looks++) {
      await session.healed(subjects);
      const readings = await Promise.all(subjects.map((subject) => this.#reads.read(subject)));
      if (session.isHeld(subjects)) continue;
      if (looks < LOOKS_MAX && !(await this.#areSure(subjects, readings))) continue;
      if (looks < LOOKS_MAX && session.isFresh() && readings.some(({ head }) => head === null)) {
        await new Promise((wait) => setTimeout(wait, LOOK_AGAIN_MS));
        continue;
      }
      return {
        heads: readings.map(({ head }) => head),
        now: Math.max(...readings.map(({ now }) => now)),
      };
    }
  }

  history(subject: Subject): Promise<readonly StoredEvent[]> {
    return this.#history.of(subject);
  }

  async rebuild(subject: Subject): Promise<Head | null> {
    await this.#session.healed([subject]);
    return this.#history.rebuild(subject);
  }

  due(limit: number): Promise<readonly Subject[]> {
    return this.#sweep.due(limit);
  }

  async *feed(options: {
    readonly signal: AbortSignal;
    readonly ready?: () => void;
  }): AsyncGenerator<FeedBatch, void, undefined> {
    if (options.signal.aborted) return;
    await this.#tail.started;
    const listener = this.#tail.listen();
    const end = (): void => listener.end();
    options.signal.addEventListener('abort', end, { once: true });
    try {
      options.ready?.();
      for (;;) {
        const batch = options.signal.aborted ? undefined : await listener.next();
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      options.signal.removeEventListener('abort', end);
      this.#tail.leave(listener);
    }
  }

  health(): StoreHealth {
    return this.#session.health();
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#tail.close();
  }

  async #areSure(subjects: readonly Subject[], readings: readonly Reading[]): Promise<boolean> {
    const session = this.#session;
    const sure = await Promise.all(
      subjects.map((subject, i) => session.isSure(subject, readings[i]?.head ?? null)),
    );
    return sure.every(Boolean);
  }

  async #send(
    batch: readonly Append[],
    partition: number,
    replicated: boolean,
  ): Promise<AppendResult | Marked> {
    const session = this.#session;
    const call = appendArguments(batch, partition, session.settings.historyMs, replicated);
    if (replicated) {
      const { reply, reached } = await this.#replicated.send(batch, partition, call);
      const result = appendResult(batch, reply);
      session.answered(partition, result.now);
      return 'moments' in result ? { ...result, replicated: reached } : result;
    }
    const subjects = batch.map(({ subject }) => subject);
    const reply = await session.call(partition, true, async (link) => {
      await session.admit(link, subjects);
      return link.redis.fcall(...call);
    });
    const result = appendResult(batch, reply);
    session.answered(partition, result.now);
    return result;
  }

  /** A first event whose head is gone for good, while the log still knows it. */
  async #firstAgain(batch: readonly Append[], { now, index }: Marked): Promise<AppendResult> {
    const { subject, event } = batch[index] as Append;
    const first = (await this.#history.of(subject))[0];
    if (batch.length === 1 && first?.version === 1 && first.id === event.id) {
      const { id, at, deadline } = first;
      return { outcome: 'already', now, moments: [{ id, at, deadline }] };
    }
    return { outcome: 'conflict', now, index, head: null };
  }
}
