import type { EventStore } from '../../store/event-store.ts';
import { lostInAll } from '../../store/outbox.ts';
import type { Outbox } from '../../store/outbox.ts';
import { sleep, within } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { Archive } from '../archive.ts';
import { ChainWriter } from './chain-writer.ts';
import { PersonKeys } from './person-keys.ts';
import type { ChainHead } from '../chain/link.ts';
import type { Entry, Facts, HeadFact, Personal } from '../entry/entry.ts';
import { msOf } from '../ids/sortable-id.ts';
import type { SortableIds } from '../ids/sortable-ids.ts';
import { gapOf } from './gap.ts';
import { ReadableEvents } from './readable-events.ts';
import { Reports } from './reports.ts';
import { TakenBack } from './taken-back.ts';

/** How many events are moved at a time. */
const BATCH_MAX = 128;
/** The pause between two looks while the archive or the store is away, in milliseconds. */
const AWAY_MS = 1000;
/** How long a search waits for what was written before it. */
const SETTLE_MS = 2000;
/** An entry that is older than this when it is kept has waited long enough for a signature. */
const LATE_MS = 30_000;

/** What became of a move, for a counter and the log. */
export type RecordTurn =
  | { readonly kind: 'kept'; readonly count: number }
  | { readonly kind: 'lost'; readonly count: number }
  /** Went before it was old, for the archive's bound. */
  | { readonly kind: 'dropped'; readonly count: number }
  /** The record had them, and a failover took them back: it says so. */
  | { readonly kind: 'superseded'; readonly count: number }
  | { readonly kind: 'away'; readonly error: unknown }
  /** One look at everything ended, and nothing failed. */
  | { readonly kind: 'looked' };

export interface RecorderOptions {
  readonly outbox: Outbox;
  readonly store: Pick<EventStore, 'read'>;
  readonly archive: Archive;
  readonly ids: SortableIds;
  readonly time: Time;
  /** Between two looks, in milliseconds. */
  readonly pauseMs: number;
  /** How long nodes have to put back what a failover lost, and how far back is looked for what they did not; in milliseconds. */
  readonly graceMs: number;
  readonly windowMs: number;
  /** 32 random bytes. */
  readonly makeKey: () => Buffer;
  /** Whether this node may move a partition now. */
  readonly holds: (partition: number) => boolean;
  /** The chain of what is reported here and stands in no partition. */
  readonly ownChain: () => number | undefined;
  readonly onTurn: (turn: RecordTurn) => void;
  /** Signs where a chain stands. */
  readonly signHead: (chain: number, head: ChainHead) => HeadFact;
}

/**
 * Moves audit events into the archive: those of the log as they come, and what is reported beside it. While the archive is away
 * they wait where they are, within bounds, and nobody else does.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #personKeys: PersonKeys;
  readonly #readable: ReadableEvents;
  readonly #writers = new Map<number, ChainWriter>();
  readonly #reports: Reports;
  readonly #takenBack: TakenBack;
  /** Partitions that this node has held at each look since it took them over. */
  readonly #taken = new Set<number>();
  /** Chains that are to be signed soon, once they are this node's. */
  readonly #toSign = new Set<number>();
  readonly #ending = new AbortController();
  #looking: Promise<void> = Promise.resolve();
  /** The look that has not begun: it sees what was written before, whoever asks. */
  #nextLook: Promise<void> | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#reports = new Reports(options.ids);
    this.#readable = new ReadableEvents(options.store);
    this.#takenBack = new TakenBack(options);
    this.#personKeys = new PersonKeys(options.archive, options.makeKey);
  }

  /** Begins to move. */
  open(): void {
    this.#loop = this.#run();
  }

  /** Takes an event that stands in no log. It never waits, and never throws. */
  report(facts: Facts, personal: Personal = {}): void {
    this.#reports.add(facts, personal);
  }

  /** Kept once what was written before is in the archive, or after {@link SETTLE_MS}. */
  async settle(): Promise<void> {
    const late = (): Error => new Error('the record is behind');
    await within(this.#options.time, SETTLE_MS, this.#look(), late).catch(() => undefined);
  }

  /** Kept once what was written before, and is this node's to move, is in the archive. @throws StoreUnavailable where it cannot be kept */
  moved(): Promise<void> {
    return this.#look();
  }

  /** Signs where the chains of this node stand that have moved since they were signed last. What could not be signed {@link isToSign}. */
  async sign(): Promise<void> {
    await this.settle();
    const { onTurn } = this.#options;
    const signAll = this.#looking.then(() => this.#signAll());
    this.#looking = signAll.catch((error: unknown) => onTurn({ kind: 'away', error }));
    await this.#looking;
  }

  /** Whether a chain of this node is to be signed before the next time: it came from another node, or could not be signed, or is late. */
  isToSign(): boolean {
    return [...this.#toSign].some((chain) => this.#isOwn(chain));
  }

  /** Moves what is there, as far as the archive takes it, and ends. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
    await this.sign();
  }

  async #run(): Promise<void> {
    const { time } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const pauseMs = await this.#look().then(
        () => this.#options.pauseMs,
        () => AWAY_MS,
      );
      await sleep(time, pauseMs, signal);
    }
  }

  /** One look at everything; looks do not overlap, and one at most waits. */
  #look(): Promise<void> {
    this.#nextLook ??= this.#lookLater();
    return this.#nextLook;
  }

  #lookLater(): Promise<void> {
    const look = this.#looking.then(() => {
      this.#nextLook = undefined;
      return this.#moveAll().then(() => this.#options.onTurn({ kind: 'looked' }));
    });
    this.#looking = look.catch((error: unknown) => this.#options.onTurn({ kind: 'away', error }));
    return look;
  }

  async #signAll(): Promise<void> {
    const { signHead, ids, outbox, holds } = this.#options;
    const entryOf = async (chain: number, head: ChainHead): Promise<Entry> => ({
      id: await ids.next(),
      facts: { kind: 'head', head: signHead(chain, head) },
      personal: {},
    });
    for (const partition of outbox.partitions.filter(holds)) this.#writer(partition);
    const outcomes = await Promise.allSettled(
      [...this.#writers].map(async ([chain, writer]) => {
        this.#toSign.add(chain);
        if (this.#isOwn(chain) && (await writer.sign(entryOf))) this.#toSign.delete(chain);
      }),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** A partition is of the node that moves it; what stands in none is of the node that reported it. */
  #isOwn(chain: number): boolean {
    const { outbox, holds } = this.#options;
    return !outbox.partitions.includes(chain) || holds(chain);
  }

  async #moveAll(): Promise<void> {
    const { outbox, holds } = this.#options;
    const failures: unknown[] = [];
    const moves = outbox.partitions.map(async (partition) => {
      if (!holds(partition)) return this.#leave(partition);
      const moved = this.#movePartition(partition).then(() => this.#tellTakenBack(partition));
      await moved.catch((error: unknown) => failures.push(error));
    });
    await Promise.all(moves);
    await this.#moveReports().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Another node may read this partition meanwhile. */
  #leave(partition: number): void {
    this.#taken.delete(partition);
    this.#takenBack.leave(partition);
  }

  /** What a node that was killed left unsigned is signed soon: it may have been about to. */
  async #take(partition: number): Promise<void> {
    if (this.#taken.has(partition)) return;
    if (await this.#writer(partition).isUnsigned()) this.#toSign.add(partition);
    this.#taken.add(partition);
  }

  async #movePartition(partition: number): Promise<void> {
    const { outbox, onTurn, holds } = this.#options;
    for (;;) {
      if (!holds(partition)) return;
      const batch = await outbox.next(partition, BATCH_MAX);
      await this.#take(partition);
      if (batch === null) return;
      const { entries, unread } = await this.#readable.entriesOf(batch.events);
      const lost = lostInAll([batch.lost, ...unread]);
      await this.#add(partition, [...(lost === null ? [] : [gapOf(partition, lost)]), ...entries]);
      await batch.acknowledge();
      if (lost !== null) onTurn({ kind: 'lost', count: lost.count });
      onTurn({ kind: 'kept', count: entries.length });
      if (batch.events.length < BATCH_MAX) return;
    }
  }

  async #tellTakenBack(partition: number): Promise<void> {
    const { outbox, onTurn, holds } = this.#options;
    await this.#takenBack.look(partition, outbox.historyOf?.(partition), async (entries) => {
      for (let at = 0; at < entries.length && holds(partition); at += BATCH_MAX) {
        const some = entries.slice(at, at + BATCH_MAX);
        await this.#add(partition, some);
        onTurn({ kind: 'superseded', count: some.length });
      }
    });
  }

  async #moveReports(): Promise<void> {
    const { ownChain, onTurn } = this.#options;
    const chain = ownChain();
    if (chain === undefined) return;
    for (;;) {
      const entries = await this.#reports.first(BATCH_MAX);
      if (entries.length === 0) return;
      await this.#add(chain, entries);
      this.#reports.remove(entries.length);
      onTurn({ kind: 'kept', count: entries.length });
    }
  }

  async #add(chain: number, entries: readonly Entry[]): Promise<void> {
    await this.#writer(chain).add(entries);
    const late = this.#options.time.wallNow() - LATE_MS;
    if (entries.some(({ id }) => msOf(id) < late)) this.#toSign.add(chain);
  }

  #writer(chain: number): ChainWriter {
    const known = this.#writers.get(chain);
    if (known !== undefined) return known;
    const writer = new ChainWriter(this.#options.archive, chain, this.#personKeys);
    this.#writers.set(chain, writer);
    return writer;
  }
}
