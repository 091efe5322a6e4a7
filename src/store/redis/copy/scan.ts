import type { Master } from './masters.ts';

/** How many keys a server looks at in one step. */
const LOOKED_AT = 1_000;

/** Keys of partitions: all, those of heads, those of the ledger. */
export const KEYS = { all: '{sg:*}*', heads: '{sg:*}h:*', ledger: '{sg:*}[vsc]:*' } as const;

/** The keys on a master that are so, in parts, in no order; one may come twice. */
export async function* keysOf(
  master: Master,
  like: (typeof KEYS)[keyof typeof KEYS],
): AsyncGenerator<readonly string[]> {
  let place = '0';
  do {
    const [reply] = await master.ask([['SCAN', place, 'MATCH', like, 'COUNT', LOOKED_AT]]);
    const [next, keys] = reply as [string, string[]];
    if (keys.length > 0) yield keys;
    place = next;
  } while (place !== '0');
}
