import { find, has, millisecondsOf, reads, writes } from '../server/call.ts';
import type { Call, Commands } from '../server/call.ts';
import { parseInteger } from '../server/number.ts';
import { Options } from '../server/options.ts';
import { OK, RedisError } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

function set(call: Call, [key = '', text = '', ...rest]: readonly string[]): Reply {
  const options = new Options(rest);
  let onlyNew = false;
  let end: number | undefined;
  while (options.peek() !== undefined) {
    if (options.take('NX')) onlyNew = true;
    else if (options.take('PX')) end = millisecondsOf(call) + lifeOf(options.next());
    else if (options.take('PXAT')) end = lifeOf(options.next());
    else options.end();
  }
  if (onlyNew && has(call, key)) return null;
  call.data.put(key, { kind: 'string', text });
  call.data.setEnd(key, end);
  call.effect('SET', key, text, ...(end === undefined ? [] : ['PXAT', String(end)]));
  return OK;
}

function lifeOf(text: string): number {
  const life = parseInteger(text);
  if (life <= 0) throw new RedisError("ERR invalid expire time in 'set' command");
  return life;
}

function increment(call: Call, [key = '']: readonly string[]): Reply {
  const value = parseInteger(find(call, key, 'string')?.text ?? '0') + 1;
  call.data.put(key, { kind: 'string', text: String(value) });
  call.effect('INCR', key);
  return value;
}

function valueOf(call: Call, key: string): string | null {
  return has(call, key) && call.data.get(key)?.kind === 'string'
    ? (find(call, key, 'string')?.text ?? null)
    : null;
}

export const STRING_COMMANDS: Commands = {
  GET: reads(2, (call, [key = '']) => find(call, key, 'string')?.text ?? null),
  MGET: reads(-2, (call, keys) => keys.map((key) => valueOf(call, key))),
  SET: writes(-3, set),
  INCR: writes(2, increment),
};
