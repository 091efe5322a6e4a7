import { createRequire } from 'node:module';

/** The driver of PostgreSQL (`pg`), as far as the keeper uses it. */
export interface QueryResult {
  readonly rowCount: number | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface Queryable {
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>;
}

export interface PoolClient extends Queryable {
  /** Gives it back; with `true` the connection is closed. */
  release(isBroken?: boolean): void;
  on(event: 'error', listener: () => void): this;
  off(event: 'error', listener: () => void): PoolClient;
}

export interface PoolConfig {
  readonly connectionString: string;
  readonly max: number;
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly query_timeout: number;
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idleTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly allowExitOnIdle: boolean;
}

export interface Pool extends Queryable {
  connect(): Promise<PoolClient>;
  on(event: 'error', listener: () => void): this;
  end(): Promise<void>;
}

/** Makes a pool of connections; none is made before it is asked. The driver is loaded here: most gateways have no PostgreSQL. */
export function makePool(config: PoolConfig): Pool {
  const { Pool } = createRequire(import.meta.url)('pg') as {
    readonly Pool: new (config: PoolConfig) => Pool;
  };
  return new Pool(config);
}
