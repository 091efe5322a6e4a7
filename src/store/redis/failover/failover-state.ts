import type { Cursor } from '../../../ticket/cursor.ts';
import type { Time } from '../../../time/time.ts';
import type { Append, Moment } from '../../event-store.ts';
import { partitionOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { Recovery } from '../events/recovery.ts';
import { entryOf } from '../format/log-entry.ts';
import { Holds } from './holds.ts';
import type { OnIncident } from './incident.ts';
import { RedoRing } from './redo-ring.ts';
import type { Remembered, RingSettings } from './redo-ring.ts';

/** For how long a failover is fresh. */
export interface GraceSettings {
  /** For how long after a failover a deadline that passed during it is held against nobody, in milliseconds. */
  readonly graceMs: number;
}

/** How much is remembered, and whose answers count. */
export interface FailoverStateOptions {
  readonly settings: RingSettings & GraceSettings;
  readonly partitions: number;
  readonly time: Time;
  /** Whether a master that answers is the master: else its answers count once {@link FailoverState.trust} was called. */
  readonly trustsAtOnce: boolean;
  readonly onIncident: OnIncident;
}

/**
 * What this node carries from before a failover to after it: the events that it knows, the time that each master last
 * told, and who has to wait.
 */
export class FailoverState implements Recovery {
  readonly holds = new Holds();
  readonly #options: FailoverStateOptions;
  readonly #ring: RedoRing;
  /** The store's time as each partition last told it. */
  readonly #answeredAt: number[];
  /** The same, while nobody can have replaced its master: what the ring's window is counted back from. */
  readonly #trustedAt: number[];
  readonly #tokens = new Map<number, string>();
  #changedAt = -Infinity;

  constructor(options: FailoverStateOptions) {
    const { settings, partitions, onIncident } = options;
    this.#options = options;
    this.#answeredAt = Array.from({ length: partitions }, () => 0);
    this.#trustedAt = [...this.#answeredAt];
    this.#ring = new RedoRing({
      windowMs: settings.ringMs,
      sizeMax: settings.ringSizeMax,
      onFull: (dropped) => onIncident({ kind: 'ring_full', dropped }),
    });
  }

  held(subjects: readonly Subject[]): Promise<void> | undefined {
    if (!this.holds.active) return undefined;
    const { partitions } = this.#options;
    const held = subjects.flatMap((subject) => this.holds.of(subject, partitionOf(subject, partitions)));
    return held.length === 0 ? undefined : Promise.all(held).then(() => undefined);
  }

  isFresh(): boolean {
    const { time, settings } = this.#options;
    return time.now() - this.#changedAt < settings.graceMs;
  }

  knownVersion(subject: Subject): number {
    return this.#ring.newestOf(subject, partitionOf(subject, this.#options.partitions));
  }

  tokenOf(partition: number): string {
    return this.#tokens.get(partition) ?? '';
  }

  /** A partition has this fence from now on, as far as this node knows. */
  met(partition: number, token: string): void {
    this.#tokens.set(partition, token);
  }

  /** The tokens of all partitions whose fence was met, in their order. */
  get tokens(): readonly string[] {
    return [...this.#tokens].sort(([a], [b]) => a - b).map(([, token]) => token);
  }

  acknowledged(batch: readonly Append[], moments: readonly Moment[], partition: number): void {
    for (const [i, append] of batch.entries()) this.#keep(entryOf(append, moments[i] as Moment), partition);
  }

  observed(text: string, partition: number, now: number): void {
    this.answered(partition, Math.max(now, this.#answeredAt[partition] ?? 0));
    this.#keep(text, partition);
  }

  answered(partition: number, now: number): void {
    this.#answeredAt[partition] = now;
    if (this.#options.trustsAtOnce) this.#trustedAt[partition] = now;
  }

  /** The store's time as each partition last told it. */
  answeredTimes(): readonly number[] {
    return [...this.#answeredAt];
  }

  /** Whoever had told these times was the master. */
  trust(times: readonly number[]): void {
    for (const [partition, time] of times.entries()) this.#trustedAt[partition] = time;
  }

  /** The store's time when a partition's master last answered as the master; 0 where it never did. */
  trustedAt(partition: number): number {
    return this.#trustedAt[partition] ?? 0;
  }

  /** What the ring has to put back of some partitions: all living tickets, and all that moved in the last window. */
  entriesOf(partitions: readonly number[]): readonly Remembered[] {
    return partitions.flatMap((partition) => this.#ring.entriesOf(partition, this.trustedAt(partition)));
  }

  /** An event is not to be put back another time: its subject went another way. */
  forget(subject: Subject, id: Cursor): void {
    this.#ring.forget(subject, partitionOf(subject, this.#options.partitions), id);
  }

  /** The store has another history from now on. */
  changed(): void {
    this.#changedAt = this.#options.time.now();
  }

  #keep(text: string, partition: number): void {
    this.#ring.add(text, partition, this.#answeredAt[partition] ?? 0, this.trustedAt(partition));
  }
}
