import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { checkBatch } from '../../bounds.ts';
import type {
  Append,
  AppendResult,
  EventStore,
  FeedBatch,
  Head,
  StoreHealth,
  StoredEvent,
} from '../../event-store.ts';
import type { Subject } from '../../subject.ts';
import { toldByResult } from '../../told-event.ts';
import { fencedOff } from '../connection/fenced-off.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Shards } from '../connection/shard.ts';
import { appendArguments, appendResult } from '../format/append-call.ts';
import type { Marked } from '../format/append-call.ts';
import type { Admission } from './admission.ts';
import type { Assurer } from './assurer.ts';
import type { ReadBatch } from './read-batch.ts';
import type { DatedHead } from './read-batch.ts';
import type { Recovery } from './recovery.ts';
import type { SubjectLog } from './subject-log.ts';
import type { Sweep } from './sweep.ts';
import type { Tail } from './tail.ts';

/** How often, and after how long, a head that is missing right after a failover is looked for again. */
const LOOKS_MAX = 5;
const LOOK_AGAIN_MS = 200;

/** The parts of an event store on Redis. */
export interface RedisStoreParts {
  readonly calls: PartitionCalls;
  readonly shards: Shards;
  readonly recovery: Recovery;
  readonly admission: Admission;
  readonly reads: ReadBatch;
  readonly log: SubjectLog;
  readonly tail: Tail;
  readonly sweep: Sweep;
  readonly assurer: Assurer;
  readonly time: Time;
  /** How long a head outlives its subject's end, in milliseconds. */
  readonly historyMs: number;
  /** Names the history of the whole store. */
  readonly timeline: () => string;
  /** How far the servers' clocks are apart, in milliseconds. */
  readonly clockSkewMs: () => number;
  /** Whether a server may throw data away once its memory is full. */
  readonly mayEvict: () => boolean;
  /** For how long the slowest replica that must hold what is acknowledged has lacked something, in milliseconds. */
  readonly replicaLagMs: () => number;
  /** Takes leave of the store, while its connections are still there. */
  readonly onClose: () => Promise<void>;
}

/** The event store on Redis Streams: checks who may read and write, then hands each call to the part that does it. */
export class RedisStore implements EventStore {
  readonly #parts: RedisStoreParts;

  constructor(parts: RedisStoreParts) {
    this.#parts = parts;
  }

  async append(batch: readonly Append[]): Promise<AppendResult> {
    const { calls, admission, log } = this.#parts;
    const partition = checkBatch(batch, calls.partitions);
    admission.checkWritable();
    let result = await this.#send(batch, partition);
    if ('head' in result && !(await admission.isSure((batch[result.index] as Append).subject, result.head))) {
      result = await this.#send(batch, partition);
    }
    if (result.outcome === 'marked') {
      await log.rebuild((batch[result.index] as Append).subject).catch(() => null);
      const marked = result;
      result = await this.#send(batch, partition);
      if (result.outcome === 'marked') return this.#firstAgain(batch, marked);
    }
    return result;
  }

  async read(subjects: readonly Subject[]): Promise<{ heads: readonly (Head | null)[]; now: number }> {
    const { admission, recovery, reads, time } = this.#parts;
    if (subjects.length === 0) return { heads: [], now: await reads.now() };
    for (let looks = 1; ; looks++) {
      await admission.released(subjects);
      const readings = await Promise.all(subjects.map((subject) => reads.read(subject)));
      if (admission.isHeld(subjects)) continue;
      if (looks < LOOKS_MAX && !(await this.#areSure(subjects, readings))) continue;
      if (looks < LOOKS_MAX && recovery.isFresh() && readings.some(({ head }) => head === null)) {
        await sleep(time, LOOK_AGAIN_MS);
        continue;
      }
      return {
        heads: readings.map(({ head }) => head),
        now: Math.max(...readings.map(({ now }) => now)),
      };
    }
  }

  history(subject: Subject): Promise<readonly StoredEvent[]> {
    return this.#parts.log.eventsOf(subject);
  }

  async rebuild(subject: Subject): Promise<Head | null> {
    await this.#parts.admission.released([subject]);
    await this.#parts.log.rebuild(subject);
    return (await this.#parts.reads.read(subject)).head;
  }

  due(limit: number): Promise<readonly Subject[]> {
    return this.#parts.sweep.due(limit);
  }

  async *feed(options: {
    readonly signal: AbortSignal;
    readonly ready?: () => void;
  }): AsyncGenerator<FeedBatch, void, undefined> {
    if (options.signal.aborted) return;
    const { tail } = this.#parts;
    await tail.started;
    const listener = tail.listen();
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
      tail.leave(listener);
    }
  }

  health(): StoreHealth {
    const { shards, admission, timeline, clockSkewMs, mayEvict, replicaLagMs } = this.#parts;
    const isReachable = shards.all.length > 0 && shards.all.every((shard) => shard.writer.up);
    const up = isReachable && admission.isOpen;
    return {
      timeline: timeline(),
      up,
      clockSkewMs: clockSkewMs(),
      mayEvict: mayEvict(),
      replicaLagMs: replicaLagMs(),
    };
  }

  async close(): Promise<void> {
    const { admission, onClose, shards, tail } = this.#parts;
    admission.close();
    await onClose();
    shards.close();
    await tail.close();
  }

  async #areSure(subjects: readonly Subject[], readings: readonly DatedHead[]): Promise<boolean> {
    const { admission } = this.#parts;
    const sure = await Promise.all(
      subjects.map((subject, i) => admission.isSure(subject, readings[i]?.head ?? null)),
    );
    return sure.every(Boolean);
  }

  async #send(batch: readonly Append[], partition: number): Promise<AppendResult | Marked> {
    const { calls, admission, assurer, recovery, historyMs } = this.#parts;
    const subjects = batch.map(({ subject }) => subject);
    return calls.call(partition, true, async (link) => {
      await admission.admit(link, subjects);
      const token = recovery.tokenOf(partition);
      const call = appendArguments(batch, { partition, token }, historyMs);
      const result = appendResult(batch, await link.redis.fcall(...call));
      if (result.outcome === 'fenced') {
        throw fencedOff(link, { sent: token, known: recovery.tokenOf(partition), found: result.token });
      }
      // Before anything is waited for: another fence may go up meanwhile, and then what was written is put back.
      if ('moments' in result) recovery.acknowledged(batch, result.moments, partition);
      await assurer.assure(link, partition, toldByResult(batch, result));
      const known = recovery.tokenOf(partition);
      if (known !== token) throw fencedOff(link, { sent: token, known, found: known });
      recovery.answered(partition, result.now);
      return result;
    });
  }

  /** A first event whose head is gone for good, while the log still knows it. */
  async #firstAgain(batch: readonly Append[], { now, index }: Marked): Promise<AppendResult> {
    const { subject, event } = batch[index] as Append;
    const first = (await this.#parts.log.eventsOf(subject))[0];
    if (batch.length === 1 && first?.version === 1 && first.id === event.id) {
      const { id, at, deadline } = first;
      const partition = checkBatch(batch, this.#parts.calls.partitions);
      await this.#parts.calls.call(partition, true, (link) =>
        this.#parts.assurer.assure(link, partition, [{ subject, id }]),
      );
      return { outcome: 'already', now, moments: [{ id, at, deadline }] };
    }
    return { outcome: 'conflict', now, index, head: null };
  }
}
