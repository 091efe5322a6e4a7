import { within } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { StoreUnavailable } from '../../event-store.ts';
import type { Head } from '../../event-store.ts';
import { partitionOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { Link } from '../connection/link.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import type { Recovery } from './recovery.ts';

/** By what it is decided who may read and write. */
export interface AdmissionOptions {
  readonly recovery: Recovery;
  readonly shards: Shards;
  readonly partitions: number;
  readonly time: Time;
  /** The longest that a call waits for subjects that are being put back, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a shard surely has the history that it had; looked at now. */
  readonly checkTimeline: (shard: Shard) => Promise<boolean>;
  /** Why writes may not be trusted at this moment; undefined where they may. */
  readonly writesRefused: () => string | undefined;
}

/** Who may read and write at this moment, and whether what was read may be told. */
export class Admission {
  readonly #options: AdmissionOptions;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Nobody may write from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Whether writes are let through. */
  get isOpen(): boolean {
    return this.#refusal() === undefined;
  }

  /** @throws {@link StoreUnavailable} while nobody may write. */
  checkWritable(): void {
    const why = this.#refusal();
    if (why !== undefined) throw new StoreUnavailable(why);
  }

  /**
   * Waits until the subjects may be written over this link.
   *
   * @throws Error where the link was left meanwhile: the next one may lead to another history.
   */
  async admit(link: Link, subjects: readonly Subject[]): Promise<void> {
    while (this.isHeld(subjects)) await this.released(subjects);
    this.checkWritable();
    link.assertUp();
  }

  /** Whether one of the subjects is being put back at this moment. */
  isHeld(subjects: readonly Subject[]): boolean {
    return this.#options.recovery.held(subjects) !== undefined;
  }

  /**
   * Waits, no longer than a call may, until none of the subjects is being put back.
   *
   * @throws {@link StoreUnavailable} when it takes longer.
   */
  async released(subjects: readonly Subject[]): Promise<void> {
    const { recovery, time, timeoutMs } = this.#options;
    const held = recovery.held(subjects);
    if (held === undefined) return;
    await within(time, timeoutMs, held, () => new StoreUnavailable('the store is still being healed'));
  }

  /**
   * Whether what the store says of a subject can be told. A head that is missing, or behind what this node remembers,
   * may be the first sign of another history, and a watcher would take it for the end: so the timeline is looked at.
   */
  async isSure(subject: Subject, head: Head | null): Promise<boolean> {
    const { recovery, shards, partitions, checkTimeline } = this.#options;
    if (head !== null && head.version >= recovery.knownVersion(subject)) return true;
    const shard = shards.of(partitionOf(subject, partitions));
    return shard !== undefined && (await checkTimeline(shard));
  }

  #refusal(): string | undefined {
    return this.#closed ? 'the store is closed' : this.#options.writesRefused();
  }
}
