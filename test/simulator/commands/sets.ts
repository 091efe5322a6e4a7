import { find, findOrMake, reads, writes } from '../server/call.ts';
import type { Call, Commands } from '../server/call.ts';
import { RedisError } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

function add(call: Call, [key = '', ...members]: readonly string[]): Reply {
  const set = findOrMake(call, key, 'set', () => ({ kind: 'set', members: new Set() })).members;
  const fresh = members.filter((member) => !set.has(member) && set.add(member));
  if (fresh.length > 0) call.effect('SADD', key, ...fresh);
  return fresh.length;
}

function setFields(call: Call, [key = '', ...pairs]: readonly string[], onlyNew: boolean): Reply {
  if (pairs.length % 2 === 1) throw new RedisError("ERR wrong number of arguments for 'hset' command");
  const { fields } = findOrMake(call, key, 'hash', () => ({ kind: 'hash', fields: new Map() }));
  let added = 0;
  let changed = false;
  for (let i = 0; i < pairs.length; i += 2) {
    const [field, text] = [pairs[i] as string, pairs[i + 1] as string];
    if (onlyNew && fields.has(field)) continue;
    if (!fields.has(field)) added++;
    fields.set(field, text);
    changed = true;
  }
  if (changed) call.effect('HSET', key, ...pairs);
  return added;
}

/** Sets and hashes. */
export const SET_COMMANDS: Commands = {
  SADD: writes(-3, add),
  SMISMEMBER: reads(-3, (call, [key = '', ...members]) => {
    const set = find(call, key, 'set')?.members;
    return members.map((member) => (set?.has(member) === true ? 1 : 0));
  }),
  HSET: writes(-4, (call, args) => setFields(call, args, false)),
  HSETNX: writes(4, (call, args) => setFields(call, args, true)),
  HMGET: reads(-3, (call, [key = '', ...fields]) => {
    const hash = find(call, key, 'hash')?.fields;
    return fields.map((field) => hash?.get(field) ?? null);
  }),
};
