import type { Config } from '../config/config.ts';
import type { Readiness } from '../http/routes/health.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Canary } from '../watch/canary.ts';
import type { LastCalls } from './store/last-calls.ts';

/** Replicas say once a second how far they are, and are looked at as often. */
const LAG_USUAL_MS = 3_000;

/** Whether this node delivers, and whether it is leaving. */
export class NodeState {
  readonly #canary: Canary;
  readonly #store: EventStore;
  readonly #lastCalls: LastCalls;
  readonly #skewMaxMs: number;
  readonly #lagMaxMs: number;
  #isDraining = false;

  constructor(config: Config, canary: Canary, store: EventStore, lastCalls: LastCalls) {
    this.#canary = canary;
    this.#store = store;
    this.#lastCalls = lastCalls;
    this.#skewMaxMs = config.SCANGATE_CLOCK_SKEW_MAX;
    this.#lagMaxMs = Math.max(LAG_USUAL_MS, config.SCANGATE_REDO_RING / 2);
  }

  /** Whether the node leaves: it is not ready any more, and keeps no connections. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on the node leaves. */
  drain(): void {
    this.#isDraining = true;
  }

  /** What `/readyz` says: a failed write counts at once. Being asked lets the next canary go early. */
  readiness(): Readiness {
    this.#canary.hurry();
    const { clockSkewMs = 0, mayEvict = false, replicaLagMs = 0 } = this.#store.health();
    // What the rings remember reaches no further back: red while they still have what the replicas lack.
    const isSafe = !mayEvict && clockSkewMs <= this.#skewMaxMs && replicaLagMs <= this.#lagMaxMs;
    const isReady = this.#canary.ready && isSafe && !this.#lastCalls.isFailing;
    return {
      state: this.#isDraining ? 'draining' : isReady ? 'ready' : 'away',
      canaryAgeMs: this.#canary.ageMs,
    };
  }
}
