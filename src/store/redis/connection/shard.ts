import { Link, askServer } from './link.ts';
import type { ConnectOptions, RedisConnection, Role, ServerAccess } from './redis-connection.ts';

/** How long a connection that goes where the writer goes waits for it to be there before it looks anew. */
export const FOLLOW_WAIT_MS = 1_000;

/** Looks at a server before a link to it opens. Throws where it may not be used. */
export type Check = (shard: Shard, redis: RedisConnection) => Promise<void>;

/** The checks of a shard's two leading connections; the others follow the writer. */
export interface ShardChecks {
  readonly writer: Check;
  readonly reader: Check;
}

/** One master and the connections to it: the only one, or one of a Cluster's. */
export class Shard {
  readonly writer: Link;
  readonly reader: Link;
  readonly control: Link;
  /** Which partitions it holds now. */
  partitions: readonly number[] = [];
  /** `master_replid` as the writer's socket last saw it. */
  replicationId = '';
  /** How many replicas the master last knew. */
  replicas = 0;
  /** The slots of its partitions, in a Cluster. */
  slots: readonly number[] = [];

  readonly #access: ServerAccess;
  readonly #options: ConnectOptions;
  #durable: Link | undefined;

  constructor(access: ServerAccess, checks: ShardChecks, options: ConnectOptions = {}) {
    this.#access = access;
    this.#options = options;
    this.writer = this.#link('writer', (redis) => checks.writer(this, redis));
    this.reader = this.#link('reader', (redis) => checks.reader(this, redis));
    this.control = this.#link('control', (redis) => this.#sameMaster(redis));
  }

  /** The links that go where the writer goes. */
  get followers(): readonly Link[] {
    return [this.reader, this.control, ...(this.#durable === undefined ? [] : [this.#durable])];
  }

  /** A connection of its own for waiting until replicas have caught up, so that no call waits with it. */
  get durable(): Link {
    this.#durable ??= this.#link('durable', (redis) => this.#sameMaster(redis));
    return this.#durable;
  }

  close(): void {
    for (const link of [this.writer, ...this.followers]) link.close();
  }

  #link(role: Role, check: (redis: RedisConnection) => Promise<void>): Link {
    const { address, connect, time, onLink } = this.#access;
    const redis = connect(address, role, this.#options);
    const onTurn = (isOpen: boolean, why: string): void =>
      onLink?.({ role, server: serverOf(redis), isOpen, why });
    return new Link(redis, time, check, onTurn, address.kind === 'single');
  }

  /** These links follow the writer: they open only where it is. */
  async #sameMaster(redis: RedisConnection): Promise<void> {
    await this.writer.whenUp(FOLLOW_WAIT_MS);
    const server = await askServer(redis);
    if (server.role !== 'master') throw new Error(`the server is a ${server.role}`);
    if (this.replicationId !== '' && server.replicationId !== this.replicationId) {
      throw new Error('the server has another timeline than the writer');
    }
  }
}

/** The other end of the socket in use, or of the last one. */
export function serverOf({ stream, options }: RedisConnection): string {
  const { remoteAddress, remotePort } = (stream ?? {}) as { remoteAddress?: string; remotePort?: number };
  return remoteAddress === undefined ? (options.host ?? '') : `${remoteAddress}:${remotePort}`;
}

/** All masters, and which of them has a partition. */
export interface Shards {
  readonly all: readonly Shard[];
  /** Undefined where nobody is known to have it at this moment. */
  of(partition: number): Shard | undefined;
  /**
   * Connects to every master.
   *
   * @param checks what each connection has to pass before it is open for calls.
   * @param onNew hears, now and later, that there is a shard which was not there before.
   */
  start(checks: ShardChecks, onNew: () => void): Promise<void>;
  /** Someone was told that a partition is elsewhere, or that a master is away: look anew, soon. */
  refresh(): void;
  close(): void;
}

/** The one master of a single Redis, or the one that Sentinels name. */
export function makeSoleShard(access: ServerAccess, partitions: number, options: ConnectOptions): Shards {
  const all: Shard[] = [];
  return {
    all,
    of: () => all[0],
    async start(checks, onNew) {
      const shard = new Shard(access, checks, options);
      shard.partitions = Array.from({ length: partitions }, (_, partition) => partition);
      all.push(shard);
      onNew();
    },
    refresh: () => {},
    close: () => {
      for (const shard of all) shard.close();
    },
  };
}
