import { Stream } from '../data/stream.ts';
import type { StreamEntry } from '../data/stream.ts';
import { FIRST, LAST, compareIds, formatId, idAfter, parseBound, parseId } from '../data/stream-id.ts';
import type { StreamId } from '../data/stream-id.ts';
import { find, findOrMake, millisecondsOf, reads, writes } from '../server/call.ts';
import type { Call, Commands } from '../server/call.ts';
import { parseInteger } from '../server/number.ts';
import { Options, syntaxError } from '../server/options.ts';
import { RedisError } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';

function add(call: Call, [key = '', wanted = '', ...fields]: readonly string[]): Reply {
  if (fields.length === 0 || fields.length % 2 === 1) {
    throw new RedisError("ERR wrong number of arguments for 'xadd' command");
  }
  const explicit = wanted === '*' ? undefined : parseId(wanted);
  if (explicit !== undefined && compareIds(explicit, FIRST) === 0) {
    throw new RedisError('ERR The ID specified in XADD must be greater than 0-0');
  }
  const stream = findOrMake(call, key, 'stream', () => new Stream());
  const id = explicit ?? nextId(stream, millisecondsOf(call));
  if (compareIds(id, stream.lastId) <= 0) {
    throw new RedisError('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  }
  stream.add(id, fields);
  call.effect('XADD', key, formatId(id), ...fields);
  return formatId(id);
}

/** A clock that went back leaves the newest id's time as it is. */
function nextId(stream: Stream, now: number): StreamId {
  const last = stream.lastId;
  return now > last.ms ? { ms: now, sequence: 0 } : (idAfter(last) as StreamId);
}

function range(
  call: Call,
  key: string,
  bounds: readonly [string, string],
  rest: readonly string[],
  reverse: boolean,
) {
  const [start, end] = [parseBound(bounds[0], 'start'), parseBound(bounds[1], 'end')];
  const options = new Options(rest);
  const count = options.take('COUNT') ? parseInteger(options.next()) : Infinity;
  options.end();
  return (find(call, key, 'stream')?.range(start, end, count, reverse) ?? []).map(entryReply);
}

export function entryReply({ id, fields }: StreamEntry): Reply {
  return [formatId(id), fields];
}

function trim(call: Call, [key = '', ...rest]: readonly string[]): Reply {
  const options = new Options(rest);
  if (!options.take('MINID')) throw syntaxError();
  const isApproximate = options.take('~');
  if (!isApproximate) options.take('=');
  const minId = parseId(options.next());
  const limit = options.take('LIMIT') ? parseInteger(options.next()) : Infinity;
  options.end();
  if (limit !== Infinity && !isApproximate) {
    throw new RedisError('ERR syntax error, LIMIT cannot be used without the special ~ option');
  }
  const stream = find(call, key, 'stream');
  if (stream === undefined) return 0;
  const removed = stream.trim(minId, !isApproximate, limit === 0 ? Infinity : limit);
  if (removed > 0) call.effect('XTRIM', key, 'MINID', '=', formatId(stream.firstId() ?? LAST));
  return removed;
}

/** What a read of streams asks for; `$` was put in its place. */
export interface StreamRead {
  readonly count: number;
  /** How long to wait for something, in milliseconds; undefined: not at all. */
  readonly blockMs: number | undefined;
  readonly places: readonly { readonly key: string; readonly after: StreamId }[];
}

/** @throws RedisError */
export function parseRead(call: Call, args: readonly string[]): StreamRead {
  const options = new Options(args);
  let count = Infinity;
  let blockMs: number | undefined;
  while (!options.take('STREAMS')) {
    if (options.take('COUNT')) count = parseInteger(options.next());
    else if (options.take('BLOCK')) blockMs = parseInteger(options.next());
    else throw syntaxError();
  }
  const { rest } = options;
  if (rest.length === 0 || rest.length % 2 === 1) {
    throw new RedisError(
      "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
    );
  }
  const keys = rest.slice(0, rest.length / 2);
  const places = keys.map((key, i) => {
    const id = rest[keys.length + i] as string;
    return { key, after: id === '$' ? (find(call, key, 'stream')?.lastId ?? parseId('0')) : parseId(id) };
  });
  return { count, blockMs, places };
}

/** What came behind the places; null where nothing did. */
export function readStreams(call: Call, { count, places }: StreamRead): Reply {
  const found: Reply[] = [];
  for (const { key, after } of places) {
    const stream = find(call, key, 'stream');
    if (stream === undefined || compareIds(stream.lastId, after) <= 0) continue;
    const start = idAfter(after);
    const entries = start === undefined ? [] : stream.range(start, LAST, count);
    if (entries.length > 0) found.push([key, entries.map(entryReply)]);
  }
  return found.length === 0 ? null : found;
}

export const STREAM_COMMANDS: Commands = {
  XADD: writes(-5, add),
  XLEN: reads(2, (call, [key = '']) => find(call, key, 'stream')?.length ?? 0),
  XRANGE: reads(-4, (call, [key = '', start = '', end = '', ...rest]) =>
    range(call, key, [start, end], rest, false),
  ),
  XREVRANGE: reads(-4, (call, [key = '', end = '', start = '', ...rest]) =>
    range(call, key, [start, end], rest, true),
  ),
  XTRIM: writes(-4, trim),
  XREAD: reads(-4, (call, args) => readStreams(call, parseRead(call, args))),
};
