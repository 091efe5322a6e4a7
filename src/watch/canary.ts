import type { EventStore } from '../store/event-store.ts';
import { canarySubject } from '../store/subject.ts';
import type { Time } from '../time/time.ts';
import type { Cursor } from '../ticket/cursor.ts';
import { cursorOf } from '../ticket/cursor.ts';
import type { Hub, Watcher } from './hub.ts';

/** Durations in milliseconds. */
export interface CanaryOptions {
  readonly store: EventStore;
  readonly hub: Hub;
  /** A fresh id, random base64url. */
  readonly makeId: () => string;
  readonly makeNonce: () => string;
  readonly periodMs: number;
  /** The age of the last returned canary at which this node is not ready. */
  readonly limitMs: number;
  readonly time: Time;
}

/** Time after which a canary that is not back makes a node not ready. */
const LATE_MS = 1500;
/** Time between two canaries of a node that is asked whether it is ready. */
const HURRIED_MS = 500;

/** Green means delivering: an event goes through the store and comes back through the feed, again and again. */
export class Canary implements Watcher {
  readonly #options: CanaryOptions;
  #returnedAt: number | undefined;
  #sentAt = -Infinity;
  /** Since when no canary came back that was sent. */
  #missingSince: number | undefined;
  #isFlying = false;
  #cancelRound: (() => void) | undefined;
  #closed = false;
  #returned: (() => void) | undefined;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  /** Sends the first canary and goes on; kept once it has returned, or its time has passed. */
  async start(): Promise<void> {
    await this.#round();
  }

  /** Milliseconds since the last canary returned; undefined before the first. */
  get ageMs(): number | undefined {
    return this.#returnedAt === undefined ? undefined : this.#options.time.now() - this.#returnedAt;
  }

  get ready(): boolean {
    const { limitMs, time } = this.#options;
    if (this.ageMs === undefined || this.ageMs > limitMs) return false;
    return this.#missingSince === undefined || time.now() - this.#missingSince <= Math.min(LATE_MS, limitMs);
  }

  /** Someone asks: the next canary goes now, unless one is under way or went a moment ago. */
  hurry(): void {
    const isRecent = this.#options.time.now() - this.#sentAt < HURRIED_MS;
    if (this.#isFlying || isRecent || this.#closed || this.#returnedAt === undefined) return;
    this.#cancelRound?.();
    void this.#round();
  }

  /** Sends no more. */
  close(): void {
    this.#closed = true;
    this.#cancelRound?.();
    this.#returned?.();
  }

  wake(): void {
    this.#returned?.();
  }

  async #round(): Promise<void> {
    const { time, periodMs } = this.#options;
    const sentAt = time.now();
    this.#sentAt = sentAt;
    this.#missingSince ??= sentAt;
    this.#isFlying = true;
    const returned = await this.#fly();
    this.#isFlying = false;
    if (returned) {
      this.#returnedAt = time.now();
      this.#missingSince = undefined;
    }
    if (this.#closed) return;
    this.#cancelRound = time.after(Math.max(0, sentAt + periodMs - time.now()), () => void this.#round());
  }

  async #fly(): Promise<boolean> {
    const { store, hub, makeId, makeNonce, periodMs, time } = this.#options;
    const subject = canarySubject(makeId());
    let returned = false;
    let cancel = (): void => undefined;
    const back = new Promise<void>((resolve) => {
      this.#returned = () => {
        returned = true;
        resolve();
      };
      cancel = time.after(periodMs, resolve);
    });
    hub.add(subject, this);
    try {
      const id: Cursor = cursorOf(1, makeNonce());
      await store.append([
        {
          subject,
          expected: null,
          event: { id, type: 'canary', schema: 1, data: '{}' },
          life: { ms: 0 },
          when: 'any',
          head: { status: 'sent', final: true, schema: 1, blob: '{}' },
        },
      ]);
      await back;
    } catch {
      // A store that is away answers by the canary's age.
    } finally {
      cancel();
      hub.remove(subject, this);
    }
    return returned && !this.#closed;
  }
}
