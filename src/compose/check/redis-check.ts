import { parseRedisAddress } from '../../store/redis/connection/address.ts';
import type { Endpoint, RedisAddress } from '../../store/redis/connection/address.ts';
import { askRedis } from '../../store/redis/connection/connect-redis.ts';
import { NEEDED_TO_COPY, NEEDED_TO_SERVE, aclName } from './needed-commands.ts';
import type { NeededCommand } from './needed-commands.ts';

/** How one server of a store is. */
export interface ServerCheck {
  /** `host:port`; `the master` where Sentinels named it. */
  readonly server: string;
  readonly role: string;
  readonly version: string;
  readonly policy: string;
  /** Commands of a gateway that its user may not give; undefined: it may not ask. */
  readonly denied: readonly string[] | undefined;
  /** Those that only `scangate export` and `import` give. */
  readonly deniedCopies: readonly string[];
  /** How far its clock is ahead of this machine's, in milliseconds. */
  readonly clockAheadMs: number;
  /** What keeps a gateway from starting on it. */
  readonly problems: readonly string[];
}

/** A key as all of the store's are: they share the hash tags of partitions. */
const KEY = '{sg:0}check';

/**
 * Looks at the servers of a store, and changes nothing: masters, and the replicas that they name.
 *
 * @param address `SCANGATE_STORE`. @throws Error with one line where none can be reached.
 */
export async function checkRedis(address: string): Promise<readonly ServerCheck[]> {
  const parsed = parseRedisAddress(address);
  const starts: readonly (Endpoint | undefined)[] =
    parsed.kind === 'sentinel' ? [undefined] : parsed.endpoints;
  const checks = new Map<string, ServerCheck>();
  for (const start of starts) {
    const { check, replicas } = await checkServer(parsed, start);
    checks.set(check.server, check);
    for (const replica of replicas) {
      if (checks.has(nameOf(replica))) continue;
      checks.set(nameOf(replica), await checkReplica(parsed, replica));
    }
  }
  return [...checks.values()];
}

async function checkReplica(address: RedisAddress, replica: Endpoint): Promise<ServerCheck> {
  try {
    return (await checkServer(address, replica)).check;
  } catch (error) {
    const problems = [`cannot be reached: ${(error as Error).message}`];
    const unknown = { version: '?', policy: '?', denied: undefined, deniedCopies: [], clockAheadMs: 0 };
    return { server: nameOf(replica), role: 'slave', ...unknown, problems };
  }
}

async function checkServer(
  address: RedisAddress,
  endpoint: Endpoint | undefined,
): Promise<{ readonly check: ServerCheck; readonly replicas: readonly Endpoint[] }> {
  const askedAt = Date.now();
  const [time] = await askRedis(address, endpoint, [['time']]);
  const middle = (askedAt + Date.now()) / 2;
  const [info, user] = await askRedis(address, endpoint, [['info'], ['acl', 'whoami']]);
  const text = typeof info === 'string' ? info : '';
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? '?';
  const check = {
    server: endpoint === undefined ? 'the master' : nameOf(endpoint),
    role: field('role'),
    version: field('redis_version'),
    policy: field('maxmemory_policy'),
    denied: await deniedTo(user, NEEDED_TO_SERVE, address, endpoint),
    deniedCopies: (await deniedTo(user, NEEDED_TO_COPY, address, endpoint)) ?? [],
    clockAheadMs: Array.isArray(time) ? Math.round(millisecondsOf(time) - middle) : 0,
  };
  return { check: { ...check, problems: problemsOf(check, info) }, replicas: replicasIn(text) };
}

async function deniedTo(
  user: unknown,
  needed: readonly NeededCommand[],
  address: RedisAddress,
  endpoint: Endpoint | undefined,
): Promise<readonly string[] | undefined> {
  if (typeof user !== 'string') return undefined;
  const words = needed.map((command) => command.map((word) => (word === 'k' ? KEY : word)));
  const asked = words.map((command) => ['acl', 'dryrun', user, ...command] as const);
  const replies = await askRedis(address, endpoint, asked);
  if (replies.every((reply) => reply instanceof Error)) return undefined;
  const denied = needed.filter((_, index) => /permission/i.test(String(replies[index])));
  return [...new Set(denied.map(aclName))];
}

function problemsOf(
  { role, version, policy, denied }: Omit<ServerCheck, 'problems'>,
  info: unknown,
): readonly string[] {
  if (info instanceof Error) return [`its INFO cannot be read: ${info.message}`];
  const isOld = !(Number(version.split('.')[0]) >= 7);
  return [
    ...(isOld ? [`Redis ${version} has no functions: 7.0 or later, or Valkey, is needed`] : []),
    ...(policy === 'noeviction' ? [] : [`its maxmemory-policy is ${policy}, and must be noeviction`]),
    ...(denied === undefined || denied.length === 0 || role !== 'master'
      ? []
      : [`its user may not ${denied.join(', ')}`]),
  ];
}

function replicasIn(info: string): readonly Endpoint[] {
  return [...info.matchAll(/^slave\d+:ip=([^,]+),port=(\d+),/gm)].map(([, host = '', port]) => ({
    host,
    port: Number(port),
  }));
}

function millisecondsOf([seconds, micros]: readonly unknown[]): number {
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}
