/** A command with as many words as it takes; `k` stands for a key. */
export type NeededCommand = readonly [string, ...string[]];

/** What gateways, `migrate`, `rebuild`, `revoke` and `audit` ask of a server, their functions and scripts included. */
export const NEEDED_TO_SERVE: readonly NeededCommand[] = [
  ['fcall', 'sg3_append', '0'],
  ['fcall_ro', 'sg3_read', '0'],
  ['function', 'list'],
  ['function', 'load', 'code'],
  ['get', 'k'],
  ['set', 'k', 'v'],
  ['del', 'k'],
  ['mget', 'k'],
  ['hget', 'k', 'f'],
  ['hmget', 'k', 'f'],
  ['hkeys', 'k'],
  ['hdel', 'k', 'f'],
  ['hincrby', 'k', 'f', '1'],
  ['hset', 'k', 'f', 'v'],
  ['hsetnx', 'k', 'f', 'v'],
  ['exists', 'k'],
  ['incr', 'k'],
  ['pexpire', 'k', '1'],
  ['pexpireat', 'k', '1'],
  ['xadd', 'k', '*', 'e', 'v'],
  ['xdel', 'k', '1-1'],
  ['xrange', 'k', '-', '+'],
  ['xrevrange', 'k', '+', '-'],
  ['xread', 'streams', 'k', '0'],
  ['xtrim', 'k', 'maxlen', '1'],
  ['xreadgroup', 'group', 'record', 'reader', 'streams', 'k', '>'],
  ['xgroup', 'create', 'k', 'record', '0'],
  ['xgroup', 'setid', 'k', 'record', '0'],
  ['xinfo', 'groups', 'k'],
  ['xinfo', 'stream', 'k'],
  ['xpending', 'k', 'record'],
  ['xack', 'k', 'record', '1-1'],
  ['zadd', 'k', '1', 'm'],
  ['zrange', 'k', '0', '1'],
  ['zrangebylex', 'k', '-', '+'],
  ['zrevrangebylex', 'k', '+', '-'],
  ['zrangebyscore', 'k', '0', '1'],
  ['zrem', 'k', 'm'],
  ['zremrangebyrank', 'k', '0', '1'],
  ['zremrangebyscore', 'k', '0', '1'],
  ['zscan', 'k', '0'],
  ['zscore', 'k', 'm'],
  ['eval', 'return 1', '0'],
  ['multi'],
  ['exec'],
  ['info'],
  ['role'],
  ['time'],
  ['wait', '0', '0'],
];

/** What `export` and `import` ask of it besides. */
export const NEEDED_TO_COPY: readonly NeededCommand[] = [
  ['pexpiretime', 'k'],
  ['scan', '0'],
  ['unlink', 'k'],
  ['zcount', 'k', '0', '1'],
];

/** Commands whose rights are given for each subcommand. */
const CONTAINERS: ReadonlySet<string> = new Set(['function', 'xgroup', 'xinfo']);

/** What a rule of an ACL calls a command, without its `+`. */
export function aclName([name, subcommand]: NeededCommand): string {
  return CONTAINERS.has(name) ? `${name}|${subcommand}` : name;
}
