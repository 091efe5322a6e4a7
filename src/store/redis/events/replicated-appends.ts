import type { Time } from '../../../time/time.ts';
import type { Append } from '../../event-store.ts';
import type { Link } from '../connection/link.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Shards } from '../connection/shard.ts';
import type { appendArguments } from '../format/append-call.ts';
import type { Admission } from './admission.ts';

type Call = ReturnType<typeof appendArguments>;

/** How long replicas are waited for. */
export interface ReplicationSettings {
  /** How long an append with durability `replicated` waits for the replicas, in milliseconds. */
  readonly replicationTimeoutMs: number;
}

/** Over what they go, and how long replicas are waited for. */
export interface ReplicatedAppendsOptions {
  readonly calls: PartitionCalls;
  readonly shards: Shards;
  readonly admission: Pick<Admission, 'admit'>;
  /** How long one WAIT waits, in milliseconds. */
  readonly timeoutMs: number;
  readonly time: Time;
}

/** The function's reply, and whether every known replica, at least one, has what it wrote. */
export interface Replicated {
  readonly reply: unknown;
  readonly reached: boolean;
}

interface Waiting {
  readonly call: Call;
  readonly resolve: (replicated: Replicated) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends of one connection that go out together, with one WAIT behind them in the same pipeline. */
interface Group {
  waiting: Waiting[];
  /** How many replicas were known when the last of them came: under load a group goes on for long. */
  replicas: number;
  sending: boolean;
}

/**
 * Appends that wait for replicas. A WAIT counts for its own connection alone and is worthless once it was sent again,
 * so it always travels with its appends; those that come while one is on its way share the next.
 */
export class ReplicatedAppends {
  readonly #options: ReplicatedAppendsOptions;
  readonly #groups = new WeakMap<Link, Group>();

  constructor(options: ReplicatedAppendsOptions) {
    this.#options = options;
  }

  send(batch: readonly Append[], partition: number, call: Call): Promise<Replicated> {
    const subjects = batch.map(({ subject }) => subject);
    const { calls, shards, admission } = this.#options;
    return calls.callOn(
      (shard) => shard.durable,
      partition,
      true,
      async (link) => {
        await admission.admit(link, subjects);
        return this.#join(link, shards.of(partition)?.replicas ?? 0, call);
      },
    );
  }

  #join(link: Link, replicas: number, call: Call): Promise<Replicated> {
    let group = this.#groups.get(link);
    if (group === undefined) {
      group = { waiting: [], replicas, sending: false };
      this.#groups.set(link, group);
    }
    group.replicas = replicas;
    const { waiting } = group;
    const joined = new Promise<Replicated>((resolve, reject) => {
      waiting.push({ call, resolve, reject });
    });
    if (!group.sending) void this.#pump(link, group);
    return joined;
  }

  async #pump(link: Link, group: Group): Promise<void> {
    group.sending = true;
    await new Promise<void>((turn) => this.#options.time.soon(turn));
    while (group.waiting.length > 0) {
      const batch = group.waiting.splice(0);
      try {
        await this.#sendGroup(link, group.replicas, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    group.sending = false;
  }

  async #sendGroup(link: Link, replicas: number, batch: readonly Waiting[]): Promise<void> {
    const wanted = Math.max(1, replicas);
    const pipeline = link.redis.pipeline();
    for (const { call } of batch) pipeline.fcall(...call);
    pipeline.wait(wanted, this.#options.timeoutMs);
    const results = (await pipeline.exec()) ?? [];
    const [waitError, count] = results[batch.length] ?? [null, 0];
    const reached = waitError === null && (count as number) >= wanted;
    for (const [i, { resolve, reject }] of batch.entries()) {
      const [error, reply] = results[i] ?? [new Error('Connection is closed.'), undefined];
      if (error) reject(error);
      else resolve({ reply, reached });
    }
  }
}
