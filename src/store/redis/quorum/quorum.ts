import { sleep } from '../../../time/time.ts';
import type { Link } from '../connection/link.ts';
import type { RedisConnection, ServerAccess } from '../connection/redis-connection.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import { sameTerm } from './agreement.ts';
import type { Agreement, Term } from './agreement.ts';
import { FormerMasters } from './former-masters.ts';
import { leadsTo } from './leads-to.ts';
import { Majority } from './majority.ts';
import type { Voter } from './majority.ts';
import { Rounds } from './rounds.ts';
import { Sentinels } from './sentinels.ts';
import { readClusterNode } from './voter-view.ts';

/** How long one question waits for a majority, in milliseconds. */
const ASK_MS = 1_000;

/**
 * Those who say which server is the master, and under which term each of this node's masters was opened: the Sentinels,
 * or a Cluster's masters. A single Redis has none.
 */
export class Quorum {
  readonly #access: ServerAccess;
  readonly #shards: Shards;
  readonly #asks: boolean;
  readonly #asked = new WeakMap<Shard, Rounds<Agreement | undefined>>();
  readonly #terms = new WeakMap<Shard, Term>();
  readonly #former = new WeakMap<Shard, FormerMasters>();
  readonly #clusterVoters = new WeakMap<Shard, WeakMap<Link, Voter>>();
  #sentinels: Sentinels | undefined;

  /** @param asks whether anybody is asked at all (off for tests only). */
  constructor(access: ServerAccess, shards: Shards, asks: boolean) {
    this.#access = access;
    this.#shards = shards;
    this.#asks = asks && access.address.kind !== 'single';
  }

  /** Connects to the Sentinels. */
  start(): void {
    const { address, connect, time } = this.#access;
    if (address.kind !== 'sentinel' || address.masterName === undefined) return;
    this.#sentinels = new Sentinels({
      masterName: address.masterName,
      endpoints: address.endpoints,
      connect: (endpoint) => connect(address, 'sentinel', { endpoint }),
      time,
    });
  }

  close(): void {
    this.#sentinels?.close();
  }

  /** The term under which a shard's writer was opened last; undefined for a single Redis. */
  termOf(shard: Shard): Term | undefined {
    return this.#terms.get(shard);
  }

  /** What a majority says of a shard's master, asked after this call. Undefined where none agrees. */
  ask(shard: Shard): Promise<Agreement | undefined> {
    let rounds = this.#asked.get(shard);
    if (rounds === undefined) {
      const { time } = this.#access;
      const majority = new Majority({
        voters: () => this.#sentinels?.all ?? this.#clusterVotersOf(shard),
        limitMs: ASK_MS,
        wait: (ms, signal) => sleep(time, ms, signal),
      });
      const former = this.#formerOf(shard);
      rounds = new Rounds(async () => {
        const agreement = await majority.ask();
        if (agreement !== undefined) former.heard(agreement);
        return agreement;
      });
      this.#asked.set(shard, rounds);
    }
    return rounds.ask();
  }

  /** Masters of earlier terms that have not been seen attached to this one's, where these servers are attached now. */
  formerMasters(shard: Shard, attached: Iterable<string>): ReadonlySet<string> {
    const former = this.#formerOf(shard);
    former.attached(attached);
    return former.names;
  }

  /** Lets a writer open only where a majority says that its server is the master. @throws Error elsewhere. */
  async checkWriter(shard: Shard, redis: RedisConnection): Promise<void> {
    if (!this.#asks) return;
    const agreement = await this.ask(shard);
    if (agreement === undefined) throw new Error('no majority names a master');
    if (!(await leadsTo(agreement.master, redis.stream)))
      throw new Error(`a majority names ${agreement.master} as the master, not this server`);
    this.#terms.set(shard, { master: agreement.master, epoch: agreement.epoch });
  }

  /** Leaves a master that a majority names no longer. */
  leaveOther(shard: Shard, agreement: Agreement): void {
    const term = this.termOf(shard);
    if (term === undefined || sameTerm(term, agreement)) return;
    this.#shards.refresh();
    shard.writer.reconnect(`a majority names ${agreement.master} as the master`);
  }

  #formerOf(shard: Shard): FormerMasters {
    const known = this.#former.get(shard) ?? new FormerMasters();
    this.#former.set(shard, known);
    return known;
  }

  /** Every master of the Cluster votes about each of them. */
  #clusterVotersOf(shard: Shard): readonly Voter[] {
    const known = this.#clusterVoters.get(shard) ?? new WeakMap<Link, Voter>();
    this.#clusterVoters.set(shard, known);
    return this.#shards.all.map(({ control }) => {
      const voter = known.get(control) ?? {
        view: async () => readClusterNode(String(await control.redis.cluster('NODES')), shard.slots),
      };
      known.set(control, voter);
      return voter;
    });
  }
}
