import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { Endpoint, RedisAddress } from './address.ts';

/** A connection's one use, so that neither a blocked read nor a long answer holds up a write. */
export type Role = 'writer' | 'durable' | 'reader' | 'control';

type Options = Omit<RedisOptions, 'replyMapping'>;

/** A socket that is silent for so long under a pending call is dead: twice as long as any call waits at the server. */
const SOCKET_TIMEOUT_MS = 2_500;
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 200;
const CONNECT_TIMEOUT_MS = 1_500;

function retryDelay(times: number): number {
  return Math.min(RETRY_MIN_MS * times, RETRY_MAX_MS);
}

/** Where a connection goes, if not to the address. */
export interface ConnectOptions {
  readonly endpoint?: Endpoint | undefined;
  readonly failoverDetector?: boolean;
}

/**
 * Makes one connection to a master: the one at `endpoint` (a Cluster's), or the one of the address.
 *
 * Nothing is queued while it is away and nothing is sent twice: who calls decides. A server that turned read-only, or
 * one that is silent under a pending call, is left at once and looked for anew.
 */
export function connect(address: RedisAddress, role: Role, options: ConnectOptions = {}): Redis {
  const redis = new Redis({
    ...credentials(address),
    ...place(address, options),
    db: address.db,
    connectionName: `scangate-${role}`,
    enableOfflineQueue: false,
    enableAutoPipelining: role === 'writer',
    protocol: 2,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 200,
    retryStrategy: retryDelay,
    reconnectOnError: (error) => (/^(READONLY|UNBLOCKED|MASTERDOWN)/.test(error.message) ? 1 : false),
  });
  redis.on('error', () => {});
  return redis;
}

/** Makes a connection to one Sentinel, to hear whether it lives. */
export function connectSentinel(address: RedisAddress, { host, port }: Endpoint): Redis {
  const redis = new Redis({
    host,
    port,
    ...(address.sentinelPassword === undefined ? {} : { password: address.sentinelPassword }),
    ...(address.tls ? { tls: {} } : {}),
    connectionName: 'scangate-sentinel',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 200,
    retryStrategy: retryDelay,
  });
  redis.on('error', () => {});
  return redis;
}

function credentials({ username, password }: RedisAddress): Options {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function place(address: RedisAddress, { endpoint, failoverDetector = true }: ConnectOptions): Options {
  const tls = address.tls ? { tls: {} } : {};
  if (address.kind !== 'sentinel') {
    return { ...(endpoint ?? address.endpoints[0]), ...tls };
  }
  return {
    sentinels: address.endpoints.map(({ host, port }) => ({ host, port })),
    ...(address.masterName === undefined ? {} : { name: address.masterName }),
    failoverDetector,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: retryDelay,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    updateSentinels: false,
    ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
    ...(address.tls ? { ...tls, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}
