import { makePool } from './driver.ts';
import type { Pool, PoolClient, QueryResult, Queryable } from './driver.ts';
import { ArchiveUnavailable } from '../../record/archive.ts';

/** How many connections a process has at most. */
const CONNECTIONS_MAX = 4;
/** How long a connection may take, a lock, and a statement at the server; the last is its bound here. In milliseconds. */
const CONNECT_MS = 2000;
const LOCK_MS = 3000;
const STATEMENT_MS = 10_000;
const CALL_MS = 12_000;
/**
 * A transaction waits 10 s at the server for its next statement: of a node whose network is gone nobody hears, and it holds a chain.
 * It is said here, for a pooler in between (PgBouncer) refuses a connection that starts with a setting it does not know.
 */
const BEGIN = 'BEGIN; SET LOCAL idle_in_transaction_session_timeout = 10000';
const IDLE_MS = 30_000;

/** What one connection is asked, in a transaction or without. */
export type Statements = Pick<Queryable, 'query'>;

/** A PostgreSQL that may be away: every call settles within bounds, or throws {@link ArchiveUnavailable}. */
export class Database implements Statements {
  readonly #address: string;
  #pool: Pool | undefined;

  /** Nothing is connected before it is asked. @param address `postgres://…`, as libpq takes it */
  constructor(address: string) {
    this.#address = address;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<QueryResult> {
    try {
      return await this.#opened().query(text, values);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Does something whole, or not at all where it answers undefined or throws. */
  async transaction<T>(work: (statements: Statements) => Promise<T | undefined>): Promise<T | undefined> {
    let client: PoolClient | undefined;
    let isBroken = true;
    try {
      client = await this.#opened().connect();
      // A connection may end between two statements, when nothing waits for it: the next statement hears of that.
      client.on('error', ignore);
      await client.query(BEGIN);
      const done = await work(client);
      await client.query(done === undefined ? 'ROLLBACK' : 'COMMIT');
      isBroken = false;
      return done;
    } catch (error) {
      throw unavailable(error);
    } finally {
      // A connection whose transaction did not end in order ends with it.
      client?.off('error', ignore).release(isBroken);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.end();
  }

  #opened(): Pool {
    this.#pool ??= poolOf(this.#address);
    return this.#pool;
  }
}

function poolOf(connectionString: string): Pool {
  const pool = makePool({
    connectionString,
    max: CONNECTIONS_MAX,
    application_name: 'scangate',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CALL_MS,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A connection that ends while nobody uses it: the next call makes another.
  pool.on('error', ignore);
  return pool;
}

function ignore(): void {}

function unavailable(error: unknown): Error {
  if (error instanceof ArchiveUnavailable) return error;
  const { message, code } = error as Error & { readonly code?: string };
  // A refused connection to several addresses has no message of its own.
  return new ArchiveUnavailable(`PostgreSQL: ${message === '' ? (code ?? 'away') : message}`, {
    cause: error,
  });
}
