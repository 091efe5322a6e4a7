import type { Votes } from './votes.ts';
import type { Watched } from './watched.ts';

const ELECTION_MAX_MS = 10_000;
const AVAILABLE_WITHIN_MS = 5_000;
const INFO_WITHIN_MS = { down: 5_000, up: 30_000 } as const;

/** What an attempt needs of the Sentinel that makes it. */
export interface Attempting {
  readonly options: {
    readonly name: string;
    readonly quorum: number;
    readonly failoverTimeoutMs: number;
  };
  readonly others: readonly Watched[];
  readonly master: Watched;
  readonly replicas: readonly Watched[];
  readonly votes: Votes;
  now(): number;
  publish(channel: string, text: string): void;
  makeFollow(server: Watched, address: string | undefined): void;
  /** The chosen replica is a master: the configuration has the attempt's epoch, and the others are told. */
  promoted(epoch: number): void;
  switchTo(address: string): void;
  abort(): void;
}

type State = 'elect' | 'select' | 'promote' | 'wait' | 'reconfigure';

/** One Sentinel's attempt to replace the master: being elected, choosing, promoting, telling the other replicas. */
export class FailoverAttempt {
  readonly epoch: number;
  readonly #sentinel: Attempting;
  readonly #planned: boolean;
  readonly #votes = new Map<string, string>();
  readonly #startedAt: number;
  #state: State = 'elect';
  #since: number;
  #chosen: Watched | undefined;
  readonly #told = new Set<Watched>();

  constructor(sentinel: Attempting, epoch: number, planned: boolean) {
    this.#sentinel = sentinel;
    this.epoch = epoch;
    this.#planned = planned;
    this.#startedAt = sentinel.now();
    this.#since = this.#startedAt;
  }

  /** Whether it asks for votes. */
  get runs(): boolean {
    return !this.#planned && this.#state === 'elect';
  }

  /** The new master, once it is one. */
  get promoted(): string | undefined {
    return this.#state === 'reconfigure' ? this.#chosen?.address : undefined;
  }

  voted(voter: string, leader: string, epoch: number): void {
    if (epoch === this.epoch) this.#votes.set(voter, leader);
  }

  tick(): void {
    switch (this.#state) {
      case 'elect':
        return this.#elect();
      case 'select':
        return this.#select();
      case 'promote':
        return this.#promote();
      case 'wait':
        if (this.#now() - this.#since > this.#sentinel.options.failoverTimeoutMs) this.#abort('timeout');
        return;
      case 'reconfigure':
        return this.#reconfigure();
    }
  }

  /** Looks at what a replica says of itself. @returns whether that is part of this attempt. */
  learn(replica: Watched): boolean {
    if (replica !== this.#chosen || this.#state !== 'wait' || replica.info['role'] !== 'master') return false;
    this.#enter('reconfigure');
    this.#sentinel.publish('+promoted-slave', replica.address);
    this.#sentinel.publish('+failover-state-reconf-slaves', this.#sentinel.master.address);
    this.#sentinel.promoted(this.epoch);
    return true;
  }

  #elect(): void {
    const { options, votes, master } = this.#sentinel;
    const own = votes.vote(options.name, this.epoch);
    if (own.isNew) this.#sentinel.publish('+vote-for-leader', own.leader);
    if (!this.#planned && !this.#isElected(own.leader)) {
      const limit = Math.min(ELECTION_MAX_MS, options.failoverTimeoutMs);
      if (this.#now() - this.#startedAt > limit) this.#abort('not-elected');
      return;
    }
    this.#sentinel.publish('+elected-leader', master.address);
    this.#sentinel.publish('+failover-state-select-slave', master.address);
    this.#enter('select');
  }

  #isElected(own: string): boolean {
    const { options, others } = this.#sentinel;
    const votes = [own, ...this.#votes.values()].filter((leader) => leader === options.name).length;
    const majority = Math.floor((others.length + 1) / 2) + 1;
    return votes >= Math.max(majority, options.quorum);
  }

  #select(): void {
    const chosen = this.#best();
    if (chosen === undefined) return this.#abort('no-good-slave');
    this.#chosen = chosen;
    this.#sentinel.publish('+selected-slave', chosen.address);
    this.#sentinel.publish('+failover-state-send-slaveof-noone', chosen.address);
    this.#enter('promote');
  }

  #promote(): void {
    const chosen = this.#chosen as Watched;
    if (!chosen.isConnected) {
      if (this.#now() - this.#since > this.#sentinel.options.failoverTimeoutMs) this.#abort('timeout');
      return;
    }
    this.#sentinel.makeFollow(chosen, undefined);
    this.#sentinel.publish('+failover-state-wait-promotion', chosen.address);
    this.#enter('wait');
  }

  /** Tells the replicas, and ends once all that are there follow, or it has taken too long. */
  #reconfigure(): void {
    const chosen = this.#chosen as Watched;
    const [host, port] = chosen.address.split(':');
    const rest = this.#sentinel.replicas.filter(
      (replica) => replica !== chosen && replica.downSince === undefined,
    );
    for (const replica of rest) {
      if (this.#told.has(replica) || !replica.isConnected) continue;
      this.#told.add(replica);
      this.#sentinel.makeFollow(replica, chosen.address);
      this.#sentinel.publish('+slave-reconf-sent', replica.address);
    }
    const done = rest.every(
      ({ info }) =>
        info['master_host'] === host && info['master_port'] === port && info['master_link_status'] === 'up',
    );
    const isLate = this.#now() - this.#since > this.#sentinel.options.failoverTimeoutMs;
    if (!done && !isLate) return;
    this.#sentinel.publish(
      done ? '+failover-end' : '+failover-end-for-timeout',
      this.#sentinel.master.address,
    );
    this.#sentinel.switchTo(chosen.address);
  }

  /** The replica that answers, has the most, and has the first name among equals. */
  #best(): Watched | undefined {
    const { replicas, master } = this.#sentinel;
    const now = this.#now();
    const infoWithinMs = master.downSince === undefined ? INFO_WITHIN_MS.up : INFO_WITHIN_MS.down;
    const good = replicas.filter(
      (replica) =>
        replica.downSince === undefined &&
        replica.isConnected &&
        now - replica.availableAt <= AVAILABLE_WITHIN_MS &&
        now - replica.infoAt <= infoWithinMs,
    );
    return good.sort((a, b) => b.offset - a.offset || (a.address < b.address ? -1 : 1))[0];
  }

  #abort(why: string): void {
    this.#sentinel.publish(`-failover-abort-${why}`, this.#sentinel.master.address);
    this.#sentinel.abort();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since = this.#now();
  }

  #now(): number {
    return this.#sentinel.now();
  }
}
