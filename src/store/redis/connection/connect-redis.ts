import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { RedisAddress } from './address.ts';
import type { Connect, ConnectOptions, Role } from './redis-connection.ts';

type Options = Omit<RedisOptions, 'replyMapping'>;

/** A socket that is silent for so long under a pending call is dead: twice as long as any call waits at the server. */
const SOCKET_TIMEOUT_MS = 2_500;
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 200;
/** With a single server a call is refused when the next try is, so that comes sooner. */
const SINGLE_RETRY_MAX_MS = 100;
const CONNECT_TIMEOUT_MS = 1_500;

function retryDelay(times: number): number {
  return Math.min(RETRY_MIN_MS * times, RETRY_MAX_MS);
}

function singleRetryDelay(times: number): number {
  return Math.min(retryDelay(times), SINGLE_RETRY_MAX_MS);
}

/**
 * Makes one connection through ioredis.
 *
 * Nothing is queued while it is away and nothing is sent twice: who calls decides. A server that turned read-only, or
 * one that is silent under a pending call, is left at once and looked for anew.
 */
export const connectRedis: Connect = (address, role, options = {}) => {
  const redis = new Redis({
    ...(role === 'sentinel' ? sentinel(address, options) : server(address, role, options)),
    connectionName: `scangate-${role}`,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 200,
    retryStrategy: address.kind === 'single' ? singleRetryDelay : retryDelay,
  });
  redis.on('error', () => {});
  // ioredis reads them at each new connection: a password that changed meanwhile is then the new one.
  if (role === 'sentinel')
    Object.defineProperty(redis.options, 'password', { get: () => address.sentinelPassword });
  else
    Object.defineProperties(redis.options, {
      username: { get: () => address.username },
      password: { get: () => address.password },
      sentinelPassword: { get: () => address.sentinelPassword },
    });
  return redis;
};

function server(address: RedisAddress, role: Role, options: ConnectOptions): Options {
  return {
    ...credentials(address),
    ...place(address, options),
    db: address.db,
    enableAutoPipelining: role === 'writer',
    protocol: 2,
    reconnectOnError: (error) => (/^(READONLY|UNBLOCKED|MASTERDOWN)/.test(error.message) ? 1 : false),
  };
}

function sentinel({ sentinelPassword, tls }: RedisAddress, { endpoint }: ConnectOptions): Options {
  return {
    ...endpoint,
    ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
    ...(tls ? { tls: {} } : {}),
  };
}

function credentials({ username, password }: RedisAddress): Options {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function place(address: RedisAddress, { endpoint, failoverDetector = true }: ConnectOptions): Options {
  const tls = address.tls ? { tls: {} } : {};
  if (address.kind !== 'sentinel' || endpoint !== undefined) {
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

/**
 * Asks one server a few things over a connection of its own: each answer is a reply, or the Error that it said.
 *
 * @param endpoint which; undefined: the one of the address, of Sentinels the master that they name.
 * @throws Error where it cannot be reached in time.
 */
export async function askRedis(
  address: RedisAddress,
  endpoint: ConnectOptions['endpoint'],
  commands: readonly (readonly [string, ...string[]])[],
): Promise<readonly unknown[]> {
  const redis = await connectOnce(address, endpoint, {
    name: 'scangate-check',
    timeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    return await Promise.all(
      commands.map(([name, ...rest]) => redis.call(name, ...rest).catch((error: Error) => error)),
    );
  } finally {
    redis.disconnect();
  }
}

/**
 * One connection that is not made again once it is lost. Whatever was asked then fails.
 *
 * @param endpoint as {@link askRedis} takes it. @throws Error where it cannot be reached in time.
 */
export async function connectOnce(
  address: RedisAddress,
  endpoint: ConnectOptions['endpoint'],
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
): Promise<Redis> {
  const redis = new Redis({
    ...server(address, 'control', { endpoint, failoverDetector: false }),
    connectionName: name,
    lazyConnect: true,
    enableAutoPipelining: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  });
  let failure: Error | undefined;
  redis.on('error', (error) => (failure ??= error));
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw failure ?? error;
  }
}
