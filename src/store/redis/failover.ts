import type { Redis } from 'ioredis';
import type { Append, Moment } from '../event-store.ts';
import { partitionKeys } from '../keys.ts';
import type { Subject } from '../subject.ts';
import { partitionOf } from '../subject.ts';
import type { GivenUp, OnIncident } from './incident.ts';
import { entryOf, parseEntry, stampOfEntry } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import type { Peers } from './peers.ts';
import { restoreSubject, revokeAnyway } from './restore.ts';
import type { Restored, RestoreTools } from './restore.ts';
import { Ring } from './ring.ts';
import type { RedisSettings } from './settings.ts';
import type { Healing } from './session.ts';
import { Settling } from './settling.ts';
import type { Shard } from './shard.ts';

/** How many subjects are put back at once. */
const CONCURRENCY = 64;

/** How often a lost event is tried again whose predecessor is missing. */
const WAIT_MS = 250;

/** What dealing with failovers needs. */
export interface FailoverOptions {
  readonly settings: RedisSettings;
  readonly partitions: number;
  readonly clock: () => number;
  readonly onIncident: OnIncident;
  readonly peers: Peers;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
}

/** One subject's entries of the ring, and who waits for them. */
interface Lost {
  readonly subject: Subject;
  readonly texts: readonly string[];
  readonly release: () => void;
}

interface Totals {
  restored: number;
  givenUp: number;
  readonly reset: Set<Subject>;
}

/**
 * What a node does about a new timeline: before anything else it opens the grace for deadlines that passed meanwhile,
 * then it puts back what it knows and the new master does not. Who asks for such a subject waits until that is done.
 */
export class Failover implements Healing {
  readonly #options: FailoverOptions;
  readonly #ring: Ring;
  /** The store's time as each partition last told it. */
  readonly #answeredAt: number[];
  readonly #held = new Map<Subject, Promise<void>>();
  readonly #settling = new Settling();
  #changedAt: number | undefined;
  #tools: RestoreTools | undefined;
  #stopped = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#answeredAt = Array.from({ length: options.partitions }, () => 0);
    this.#ring = new Ring({
      windowMs: options.settings.ringMs,
      sizeMax: options.settings.ringSizeMax,
      onFull: (dropped) => options.onIncident({ kind: 'ring_full', dropped }),
    });
  }

  /** Gives it the store that it is part of. Until then it keeps, and puts nothing back. */
  useTools(tools: RestoreTools): void {
    this.#tools = tools;
  }

  settled(subjects: readonly Subject[]): Promise<void> | undefined {
    if (this.#held.size === 0 && !this.#settling.active) return undefined;
    const held = subjects
      .flatMap((subject) => [this.#settlingOf(subject), this.#held.get(subject)])
      .filter((promise) => promise !== undefined);
    return held.length === 0 ? undefined : Promise.all(held).then(() => undefined);
  }

  isFresh(): boolean {
    const { clock, settings } = this.#options;
    return this.#changedAt !== undefined && clock() - this.#changedAt < settings.graceMs;
  }

  #settlingOf(subject: Subject): Promise<void> | undefined {
    return this.#settling.of(partitionOf(subject, this.#options.partitions));
  }

  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void {
    for (const [i, append] of batch.entries()) {
      this.#ring.add(entryOf(append, moments[i] as Moment), partition, this.#answeredAt[partition] ?? 0);
    }
  }

  answered(partition: number, now: number): void {
    this.#answeredAt[partition] = now;
  }

  /** An entry of the feed, and the store's time when its log was written last. */
  seen(text: string, partition: number, now: number): void {
    const latest = Math.max(now, this.#answeredAt[partition] ?? 0);
    this.#answeredAt[partition] = latest;
    this.#ring.add(text, partition, latest);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Deals with a shard's new timeline; called before anything else is sent to it, kept once others may send. */
  async begin(shard: Shard, redis: Redis, timeline: string): Promise<void> {
    const { settings, clock, peers } = this.#options;
    const lost: Lost[] = [];
    for (const partition of shard.partitions) {
      const lastAnswer = this.#answeredAt[partition] ?? 0;
      for (const [subject, texts] of this.#ring.entriesOf(partition, lastAnswer)) {
        lost.push({ subject, texts, release: () => {} });
      }
    }
    await openGrace(redis, shard.partitions, this.#answeredAt, settings.graceMs);
    this.#changedAt = clock();
    this.#settling.hold(shard.partitions, peers.allHealed(shard, timeline, settings.settleMaxMs));
    const announce = (): Promise<void> => peers.announce(shard, shard.writer.redis, timeline).catch(() => {});
    if (this.#tools === undefined || lost.length === 0) {
      await peers.announce(shard, redis, timeline);
      return;
    }
    void this.#heal(
      lost.map((one) => this.#hold(one)),
      clock(),
      announce,
    );
  }

  #hold(lost: Lost): Lost {
    const { subject } = lost;
    let open = (): void => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#held.set(subject, held);
    const release = (): void => {
      if (this.#held.get(subject) === held) this.#held.delete(subject);
      open();
    };
    return { ...lost, release };
  }

  async #heal(lost: readonly Lost[], startedAt: number, announce: () => Promise<void>): Promise<void> {
    const { clock, settings, onIncident } = this.#options;
    const totals: Totals = { restored: 0, givenUp: 0, reset: new Set() };
    const end = startedAt + settings.ringMs;
    const waiting: LogEntry[] = [];
    const queue = [...lost].sort((a, b) => newestOf(a) - newestOf(b));
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        waiting.push(...(await this.#restore(next.texts.map(parseEntry), totals)));
        next.release();
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    await announce();
    const seconds = (clock() - startedAt) / 1000;
    const stillWaiting = await this.#waitOn(waiting, totals, end);
    for (const entry of stillWaiting) await this.#giveUp(entry, totals);
    this.#options.wake([...totals.reset]);
    onIncident({
      kind: 'healed',
      seconds,
      restored: totals.restored,
      givenUp: totals.givenUp,
      reset: totals.reset.size,
    });
  }

  /** Tries again, subject by subject, until the window ends. */
  async #waitOn(waiting: LogEntry[], totals: Totals, end: number): Promise<LogEntry[]> {
    let left = waiting;
    while (left.length > 0 && !this.#stopped && this.#options.clock() < end) {
      await new Promise((wait) => setTimeout(wait, WAIT_MS));
      const bySubject = groupBySubject(left);
      left = [];
      for (const entries of bySubject) left.push(...(await this.#restore(entries, totals)));
    }
    return left;
  }

  /** @returns what has to wait for its predecessor. */
  async #restore(entries: readonly LogEntry[], totals: Totals): Promise<LogEntry[]> {
    const waiting: LogEntry[] = [];
    try {
      await restoreSubject(this.#tools as RestoreTools, entries, (entry, restored) => {
        if (restored === 'wait') waiting.push(entry);
        else this.#count(entry, restored, totals);
      });
    } catch {
      return [...entries];
    }
    return waiting;
  }

  async #giveUp(entry: LogEntry, totals: Totals): Promise<void> {
    if (entry.event.type === 'revoked' && !this.#stopped) {
      const tools = this.#tools as RestoreTools;
      const put = await tools
        .read(entry.event.subject)
        .then(({ head }) => revokeAnyway(tools, head, entry))
        .catch((): readonly [Restored, null] => ['store_away', null]);
      this.#count(entry, put[0] === 'wait' ? 'no_predecessor' : put[0], totals);
    } else {
      this.#count(entry, 'no_predecessor', totals);
    }
  }

  #count({ event }: LogEntry, restored: Exclude<Restored, 'wait'>, totals: Totals): void {
    const { subject, type } = event;
    if (restored === 'there') return;
    if (restored === 'restored') {
      totals.restored++;
      this.#options.onIncident({ kind: 'restored', subject, type });
    } else {
      totals.givenUp++;
      totals.reset.add(subject);
      this.#options.onIncident({ kind: 'given_up', subject, type, why: restored satisfies GivenUp });
    }
  }
}

/** The stamp of a subject's newest entry: what was written last is what other nodes may not know, and goes first. */
function newestOf({ texts }: Lost): number {
  return Math.max(...texts.map((text) => stampOfEntry(text)));
}

function groupBySubject(entries: readonly LogEntry[]): Iterable<LogEntry[]> {
  const groups = new Map<Subject, LogEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.event.subject);
    if (group === undefined) groups.set(entry.event.subject, [entry]);
    else group.push(entry);
  }
  return groups.values();
}

async function openGrace(
  redis: Redis,
  partitions: readonly number[],
  answeredAt: readonly number[],
  graceMs: number,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) {
    const from = answeredAt[partition] ?? 0;
    if (from > 0) pipeline.fcall('sg1_grace', 1, partitionKeys(partition).grace, from, graceMs);
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}
