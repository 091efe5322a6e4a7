import type { Config } from '../config/config.ts';
import type { Readiness } from '../http/routes/health.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Canary } from '../watch/canary.ts';

/** Whether this node delivers, and whether it is leaving. */
export class NodeState {
  readonly #canary: Canary;
  readonly #store: EventStore;
  readonly #skewMaxMs: number;
  #isDraining = false;

  constructor(config: Config, canary: Canary, store: EventStore) {
    this.#canary = canary;
    this.#store = store;
    this.#skewMaxMs = config.SCANGATE_CLOCK_SKEW_MAX;
  }

  /** Whether the node leaves: it is not ready any more, and keeps no connections. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on the node leaves. */
  drain(): void {
    this.#isDraining = true;
  }

  /** What `/readyz` says. */
  readiness(): Readiness {
    const clocksAgree = (this.#store.health().clockSkewMs ?? 0) <= this.#skewMaxMs;
    const isReady = this.#canary.ready && clocksAgree;
    return {
      state: this.#isDraining ? 'draining' : isReady ? 'ready' : 'away',
      canaryAgeMs: this.#canary.ageMs,
    };
  }
}
