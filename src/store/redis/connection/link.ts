import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { StoreUnavailable } from '../../event-store.ts';
import type { RedisConnection } from './redis-connection.ts';

const CHECK_RETRY_MS = 100;

/** A server's answer to `INFO replication`. */
export interface ServerState {
  /** `master_replid`: names the history that this server writes. */
  readonly replicationId: string;
  readonly role: string;
  readonly replicas: number;
}

/**
 * One connection with a life: it opens for calls only after its check has passed on the very socket that they will
 * use, and closes the moment that socket is lost.
 */
export class Link {
  readonly redis: RedisConnection;
  readonly #time: Time;
  readonly #check: (redis: RedisConnection) => Promise<void>;
  readonly #waiting = new Set<() => void>();
  #state: 'down' | 'up' | 'closed' = 'down';
  #failure: unknown;
  #lastError: Error | undefined;

  /** @param check throws where this server may not be used (yet): the link then reconnects and tries again. */
  constructor(redis: RedisConnection, time: Time, check: (redis: RedisConnection) => Promise<void>) {
    this.#time = time;
    this.redis = redis;
    this.#check = check;
    redis.on('error', (error: Error) => {
      this.#lastError = error;
    });
    redis.on('ready', () => void this.#open());
    redis.on('close', () => this.#down());
    redis.on('end', () => this.#ended());
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** @throws Error where calls may not go out, and what was answered last may come from a master that is one no more. */
  assertUp(): void {
    if (this.#state !== 'up') throw new Error('Connection is closed.');
  }

  /** The connection's last error, for people. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Settles when calls may go out. @throws {@link StoreUnavailable} when it takes longer, or the link was closed. */
  async whenUp(timeoutMs: number): Promise<void> {
    if (this.#state === 'up') return;
    if (this.#state === 'closed' || timeoutMs <= 0) throw new StoreUnavailable('the store is away');
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        cancel();
        this.#waiting.delete(done);
        if (this.#state === 'up') resolve();
        else reject(new StoreUnavailable('the store is away', { cause: this.#failure }));
      };
      const cancel = this.#time.after(timeoutMs, done);
      this.#waiting.add(done);
    });
  }

  /** Closes for calls until the check has passed once more, on the same socket. */
  recheck(): void {
    if (this.#state !== 'up') return;
    this.#down();
    void this.#open();
  }

  /** Leaves this server and looks for the master anew. */
  reconnect(): void {
    this.#down();
    if (this.redis.status === 'ready' || this.redis.status === 'connect') this.redis.disconnect(true);
  }

  close(): void {
    this.#state = 'closed';
    this.#wake();
    this.redis.disconnect();
  }

  async #open(): Promise<void> {
    const stream = this.redis.stream;
    try {
      await this.#check(this.redis);
    } catch (error) {
      this.#failure = error;
      await sleep(this.#time, CHECK_RETRY_MS);
      if (this.#state === 'down' && stream === this.redis.stream) this.reconnect();
      return;
    }
    if (this.#state !== 'down' || this.redis.status !== 'ready' || stream !== this.redis.stream) return;
    this.#state = 'up';
    this.#failure = undefined;
    this.#wake();
  }

  #down(): void {
    if (this.#state === 'up') this.#state = 'down';
  }

  // ioredis gives up for good when a failover is told to it while it asks a Sentinel for the master.
  #ended(): void {
    this.#down();
    if (this.#state === 'closed') return;
    this.#time.after(CHECK_RETRY_MS, () => {
      if (this.#state !== 'closed') this.redis.connect().catch(() => {});
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}

/** Asks a server on this socket who it is. */
export async function askServer(redis: RedisConnection): Promise<ServerState> {
  const info = await redis.info('replication');
  const field = (name: string): string => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1] ?? '';
  return {
    replicationId: field('master_replid'),
    role: field('role'),
    replicas: Number(field('connected_slaves')),
  };
}
