/** Host and port of one server. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How one Redis, a master behind Sentinels, or a Cluster is reached: `SCANGATE_STORE`, taken apart. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the Sentinels, or some nodes of the Cluster. */
  readonly endpoints: readonly Endpoint[];
  readonly masterName?: string;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelPassword?: string;
  readonly db: number;
}

const KINDS = {
  redis: { kind: 'single', port: 6379, tls: false },
  rediss: { kind: 'single', port: 6379, tls: true },
  'redis+sentinel': { kind: 'sentinel', port: 26379, tls: false },
  'rediss+sentinel': { kind: 'sentinel', port: 26379, tls: true },
  'redis+cluster': { kind: 'cluster', port: 6379, tls: false },
  'rediss+cluster': { kind: 'cluster', port: 6379, tls: true },
} as const;

/** What most often makes an address none. Nothing of the address itself is said: any part of it may be of a password. */
const ENCODE = 'percent-encode / and @ in a password';

const SHAPE =
  /^([a-z+]+):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?(?:\?sentinel_password=([^&]*))?$/;

/**
 * Takes a store's address apart:
 *
 * - `redis://[user:password@]host:6379[/db]`, and `rediss://` for TLS
 * - `redis+sentinel://[user:password@]h1:26379,h2:26379/<master name>[?sentinel_password=…]`
 * - `redis+cluster://[user:password@]h1:6379,h2:6379`
 *
 * User and password are percent-encoded. `rediss+sentinel` and `rediss+cluster` do the same over TLS.
 *
 * @throws Error with one line that says what is wrong, and quotes nothing.
 */
export function parseRedisAddress(url: string): RedisAddress {
  const parts = SHAPE.exec(url);
  const scheme = parts?.[1];
  if (!parts || scheme === undefined || !Object.hasOwn(KINDS, scheme)) {
    throw new Error(`not an address of a Redis store; known are ${Object.keys(KINDS).join(', ')}; ${ENCODE}`);
  }
  const { kind, port, tls } = KINDS[scheme as keyof typeof KINDS];
  if (parts[5]?.includes('@') === true) throw new Error(`an @ stands behind the host; ${ENCODE}`);
  const path = decoded(parts[5] ?? '');
  const endpoints = (parts[4] as string).split(',').map((text) => parseEndpoint(text, port));
  if (kind === 'single' && endpoints.length > 1) throw new Error('one Redis has one address');
  if (kind === 'sentinel' && path === '')
    throw new Error('the address of Sentinels ends with /<master name>');
  if (kind === 'single' && !/^[0-9]{0,3}$/.test(path))
    throw new Error(`what stands behind the host is no number of a database; ${ENCODE}`);
  if (kind === 'cluster' && path !== '' && path !== '0') throw new Error('a Cluster has one database');
  return {
    kind,
    endpoints,
    tls,
    db: kind === 'single' ? Number(path) : 0,
    ...(kind === 'sentinel' ? { masterName: path } : {}),
    ...optional('username', parts[2]),
    ...optional('password', parts[3]),
    ...optional('sentinelPassword', parts[6]),
  };
}

/**
 * An address whose user and passwords are what another text of it says whenever they are asked for: they may change while
 * connections come and go. The rest stays. Of a text that is no address nothing is taken: the last that was one counts.
 */
export function liveAddress(url: string, latest: () => string): RedisAddress {
  const address = parseRedisAddress(url);
  let seen = { text: url, address };
  function now(): RedisAddress {
    const text = latest();
    if (text !== seen.text) seen = { text, address: parsedOr(seen.address, text) };
    return seen.address;
  }
  return Object.defineProperties(
    { ...address },
    {
      username: { enumerable: true, get: () => now().username },
      password: { enumerable: true, get: () => now().password },
      sentinelPassword: { enumerable: true, get: () => now().sentinelPassword },
    },
  );
}

function parsedOr(last: RedisAddress, text: string): RedisAddress {
  try {
    return parseRedisAddress(text);
  } catch {
    return last;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a % stands in it that begins no percent-encoding; a % itself is %25');
  }
}

function optional<K extends string>(name: K, text: string | undefined): Partial<Record<K, string>> {
  return text === undefined || text === '' ? {} : ({ [name]: decoded(text) } as Record<K, string>);
}

function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/.exec(text);
  const host = parts?.[1];
  const port = Number(parts?.[2] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535)
    throw new Error(`where host and port belong stands something else; ${ENCODE}`);
  return { host: host.replace(/^\[|\]$/g, ''), port };
}
