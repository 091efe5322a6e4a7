import { serverOf } from '../connection/shard.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { evictionPolicyIn } from '../setup/meta.ts';
import type { OnIncident } from './incident.ts';

/** The only policy under which nothing that was acknowledged goes. */
const SAFE = 'noeviction';

interface Evictor {
  readonly server: string;
  readonly policy: string;
}

/**
 * Knows each master's `maxmemory-policy` while it runs: somebody may change it, and a promoted replica has one of its
 * own. At the start another one than `noeviction` is refused (`setup/meta.ts`).
 */
export class EvictionWatch {
  readonly #shards: Shards;
  readonly #onIncident: OnIncident;
  readonly #evictors = new WeakMap<Shard, Evictor>();

  constructor(shards: Shards, onIncident: OnIncident) {
    this.#shards = shards;
    this.#onIncident = onIncident;
  }

  /** Whether a master may throw data away, as it was last seen. */
  get mayEvict(): boolean {
    return this.#first !== undefined;
  }

  /** A master was looked at. @param info what it says of itself. */
  saw(shard: Shard, info: string): void {
    const policy = evictionPolicyIn(info) ?? SAFE;
    if (policy === SAFE) this.#evictors.delete(shard);
    else this.#evictors.set(shard, { policy, server: serverOf(shard.control.redis) });
    this.#onIncident({ kind: 'eviction', ...this.#first });
  }

  /** Of the masters that there are now. */
  get #first(): Evictor | undefined {
    const shard = this.#shards.all.find((one) => this.#evictors.has(one));
    return shard && this.#evictors.get(shard);
  }
}
