import { SortedSet } from '../data/sorted-set.ts';
import { find, findOrMake, reads, writes } from '../server/call.ts';
import type { Call, Commands } from '../server/call.ts';
import { formatDouble, parseDouble, parseInteger } from '../server/number.ts';
import { Options, syntaxError } from '../server/options.ts';
import { RedisError } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

const NOT_A_BOUND = 'ERR min or max is not a float';

/** Ranks, the second one not among them. */
type Ranks = readonly [from: number, till: number];

function add(call: Call, [key = '', ...rest]: readonly string[]): Reply {
  const options = new Options(rest);
  const onlyNew = options.take('NX');
  const pairs = options.rest;
  if (pairs.length === 0 || pairs.length % 2 === 1) throw syntaxError();
  const scores = pairs.filter((_, i) => i % 2 === 0).map((text) => parseDouble(text));
  const set = findOrMake(call, key, 'zset', () => new SortedSet());
  const effects: string[] = [];
  let added = 0;
  for (const [i, score] of scores.entries()) {
    const member = pairs[2 * i + 1] as string;
    const before = set.scoreOf(member);
    if (before === score || (onlyNew && before !== undefined)) continue;
    if (before === undefined) added++;
    set.set(member, score);
    effects.push(formatDouble(score), member);
  }
  if (effects.length > 0) call.effect('ZADD', key, ...effects);
  return added;
}

function scoreRanks(set: SortedSet, min: string, max: string): Ranks {
  const [low, lowIsOpen] = boundOf(min);
  const [high, highIsOpen] = boundOf(max);
  return [set.rankOf(low, lowIsOpen), set.rankOf(high, !highIsOpen)];
}

function boundOf(text: string): readonly [score: number, isOpen: boolean] {
  const isOpen = text.startsWith('(');
  return [parseDouble(isOpen ? text.slice(1) : text, NOT_A_BOUND), isOpen];
}

function indexRanks(set: SortedSet, start: string, stop: string): Ranks {
  const [from, to] = [parseInteger(start), parseInteger(stop)];
  const last = to < 0 ? set.size + to : to;
  return [Math.max(0, from < 0 ? set.size + from : from), Math.max(0, Math.min(set.size - 1, last) + 1)];
}

function range(call: Call, [key = '', start = '', stop = '', ...rest]: readonly string[]): Reply {
  const options = new Options(rest);
  let [byScore, reverse, withScores] = [false, false, false];
  let limit: readonly [offset: number, count: number] | undefined;
  while (options.peek() !== undefined) {
    if (options.take('BYSCORE')) byScore = true;
    else if (options.take('REV')) reverse = true;
    else if (options.take('WITHSCORES')) withScores = true;
    else if (options.take('LIMIT')) limit = [parseInteger(options.next()), parseInteger(options.next())];
    else options.end();
  }
  if (limit !== undefined && !byScore && limit[1] !== -1) {
    throw new RedisError(
      'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
    );
  }
  const set = find(call, key, 'zset') ?? new SortedSet();
  const [min, max] = byScore && reverse ? [stop, start] : [start, stop];
  const [from, till] = byScore ? scoreRanks(set, min, max) : indexRanks(set, start, stop);
  const found = reverse && !byScore ? set.all().toReversed().slice(from, till) : set.all().slice(from, till);
  if (reverse && byScore) found.reverse();
  const [offset, count] = (byScore ? limit : undefined) ?? [0, -1];
  const some = found.slice(offset, count < 0 ? undefined : offset + count);
  return some.flatMap(({ member, score }) => (withScores ? [member, formatDouble(score)] : [member]));
}

function remove(call: Call, [key = '', ...members]: readonly string[]): Reply {
  const set = find(call, key, 'zset');
  const gone = members.filter((member) => set?.remove(member));
  return removed(call, key, set, gone.length, ['ZREM', key, ...gone]);
}

function removeRanks(
  call: Call,
  [name, key, a, b]: readonly [name: string, key: string, a: string, b: string],
  ranksOf: (set: SortedSet, a: string, b: string) => Ranks,
): Reply {
  const bounds = ranksOf(find(call, key, 'zset') ?? new SortedSet(), a, b);
  const set = find(call, key, 'zset');
  return removed(call, key, set, set?.removeRanks(...bounds) ?? 0, [name, key, a, b]);
}

/** A set without members is no key. */
function removed(
  call: Call,
  key: string,
  set: SortedSet | undefined,
  count: number,
  effect: readonly string[],
): Reply {
  if (count === 0) return 0;
  if (set?.size === 0) call.data.delete(key);
  call.effect(...effect);
  return count;
}

export const SORTED_SET_COMMANDS: Commands = {
  ZADD: writes(-4, add),
  ZREM: writes(-3, remove),
  ZSCORE: reads(3, (call, [key = '', member = '']) => {
    const score = find(call, key, 'zset')?.scoreOf(member);
    return score === undefined ? null : formatDouble(score);
  }),
  ZCARD: reads(2, (call, [key = '']) => find(call, key, 'zset')?.size ?? 0),
  ZRANGE: reads(-4, range),
  ZRANGEBYSCORE: reads(-4, (call, [key = '', min = '', max = '', ...rest]) =>
    range(call, [key, min, max, 'BYSCORE', ...rest]),
  ),
  ZREMRANGEBYSCORE: writes(4, (call, [key = '', min = '', max = '']) =>
    removeRanks(call, ['ZREMRANGEBYSCORE', key, min, max], scoreRanks),
  ),
  ZREMRANGEBYRANK: writes(4, (call, [key = '', start = '', stop = '']) =>
    removeRanks(call, ['ZREMRANGEBYRANK', key, start, stop], indexRanks),
  ),
};
