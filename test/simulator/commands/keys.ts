import { has, millisecondsOf, reads, writes } from '../server/call.ts';
import type { Call, Commands } from '../server/call.ts';
import { parseInteger } from '../server/number.ts';
import { OK } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

function remove(call: Call, keys: readonly string[]): Reply {
  const gone = keys.filter((key) => has(call, key) && call.data.delete(key));
  if (gone.length > 0) call.effect('DEL', ...gone);
  return gone.length;
}

/** A key whose end has passed already goes at once, but not for what a master says. */
function expireAt(call: Call, key: string, end: number, now: number): Reply {
  if (!has(call, key)) return 0;
  if (end <= now && call.expiry === 'delete') {
    call.data.delete(key);
    call.effect('DEL', key);
    return 1;
  }
  call.data.setEnd(key, end);
  call.effect('PEXPIREAT', key, String(end));
  return 1;
}

function flush(call: Call): Reply {
  call.data.clear();
  call.effect('FLUSHALL');
  return OK;
}

export const KEY_COMMANDS: Commands = {
  DEL: writes(-2, remove),
  EXISTS: reads(-2, (call, keys) => keys.filter((key) => has(call, key)).length),
  TYPE: reads(2, (call, [key = '']) => ({
    status: has(call, key) ? (call.data.get(key)?.kind ?? 'none') : 'none',
  })),
  PEXPIRE: writes(3, (call, [key = '', life = '']) => {
    const now = millisecondsOf(call);
    return expireAt(call, key, now + parseInteger(life), now);
  }),
  PEXPIREAT: writes(3, (call, [key = '', end = '']) =>
    expireAt(call, key, parseInteger(end), millisecondsOf(call)),
  ),
  PEXPIRETIME: reads(2, (call, [key = '']) => (has(call, key) ? (call.data.endOf(key) ?? -1) : -2)),
  FLUSHALL: writes(-1, flush),
};
