import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { StoreUnavailable } from '../../event-store.ts';
import type { RedisConnection } from './redis-connection.ts';

const CHECK_RETRY_MS = 100;
/** How long a server that refuses connections is waited for: one that restarts may be back by then. */
const REFUSED_WAIT_MS = 100;

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
  #openings = 0;
  readonly #givesUp: boolean;
  #refusedAt: number | undefined;
  #told = '';
  #lastError: Error | undefined;
  readonly #onTurn: (isOpen: boolean, why: string) => void;

  /**
   * @param check throws where this server may not be used (yet): the link then reconnects and tries again.
   * @param onTurn hears that it opened, or closed or was not opened and why.
   * @param givesUp whether calls wait no longer once the server refuses connections: no other will take its place.
   */
  constructor(
    redis: RedisConnection,
    time: Time,
    check: (redis: RedisConnection) => Promise<void>,
    onTurn: (isOpen: boolean, why: string) => void = () => {},
    givesUp = false,
  ) {
    this.#onTurn = onTurn;
    this.#givesUp = givesUp;
    this.#time = time;
    this.redis = redis;
    this.#check = check;
    redis.on('error', (error: Error) => {
      this.#lastError = error;
      if ('code' in error && error.code === 'ECONNREFUSED') this.#refused();
      if (this.#state === 'down') this.#tellClosed(error.message);
    });
    redis.on('ready', () => {
      this.#refusedAt = undefined;
      void this.#open();
    });
    redis.on('close', () => this.#down(this.#lastError?.message ?? 'the connection was closed'));
    redis.on('end', () => this.#ended());
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** How often it was opened for calls: names the present opening. */
  get openings(): number {
    return this.#openings;
  }

  /**
   * @param opening the opening that a call went out in: one that ended meanwhile, and began anew, may have led elsewhere.
   * @throws Error where calls may not go out, and what was answered last may come from a master that is one no more.
   */
  assertUp(opening = this.#openings): void {
    if (this.#state !== 'up' || this.#openings !== opening) throw new Error('Connection is closed.');
  }

  /** The connection's last error, for people. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Settles when calls may go out. @throws {@link StoreUnavailable} when it takes longer, or the link was closed. */
  async whenUp(timeoutMs: number): Promise<void> {
    if (this.#state === 'up') return;
    if (this.#state === 'closed' || timeoutMs <= 0) throw this.#away();
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        cancel();
        this.#waiting.delete(done);
        if (this.#state === 'up') resolve();
        else reject(this.#away());
      };
      const cancel = this.#time.after(timeoutMs, done);
      this.#waiting.add(done);
    });
  }

  /** Closes for calls until the check has passed once more, on the same socket. */
  recheck(): void {
    if (this.#state !== 'up') return;
    this.#down('its history is looked at once more');
    void this.#open();
  }

  /** Leaves this server and looks for the master anew. @param why for people. */
  reconnect(why: string): void {
    this.#down(why);
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
      this.#lastError = error instanceof Error ? error : new Error(String(error));
      await sleep(this.#time, CHECK_RETRY_MS);
      const why = error instanceof Error ? error.message : String(error);
      if (this.#state === 'down') this.#tellClosed(why);
      if (this.#state === 'down' && stream === this.redis.stream) this.reconnect(why);
      return;
    }
    if (this.#state !== 'down' || this.redis.status !== 'ready' || stream !== this.redis.stream) return;
    this.#state = 'up';
    this.#openings += 1;
    this.#lastError = undefined;
    this.#told = '';
    this.#onTurn(true, '');
    this.#wake();
  }

  /** A call waits for one refusal at least: the server may be back since the one before. */
  #refused(): void {
    if (!this.#givesUp || this.#state !== 'down') return;
    this.#refusedAt ??= this.#time.now();
    if (this.#time.now() - this.#refusedAt >= REFUSED_WAIT_MS) this.#wake();
  }

  /** A server that is connected to and not ready is loading its data: the driver asks it by itself until it has. */
  #away(): StoreUnavailable {
    const isLoading = this.#state === 'down' && this.redis.status === 'connect';
    const cause = isLoading ? new Error('LOADING the server does not serve yet') : this.#lastError;
    return new StoreUnavailable('the store is away', { cause });
  }

  #down(why: string): void {
    if (this.#state !== 'up') return;
    this.#state = 'down';
    this.#tellClosed(why);
  }

  /** The same reason is told once, however often the connection is tried again. */
  #tellClosed(why: string): void {
    if (why === this.#told) return;
    this.#told = why;
    this.#onTurn(false, why);
  }

  // ioredis gives up for good when a failover is told to it while it asks a Sentinel for the master.
  #ended(): void {
    this.#down('the driver gave up');
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
