import { partitionKeys } from '../../keys.ts';
import { lostAt, lostInAll } from '../../outbox.ts';
import type { LostEvents, Outbox } from '../../outbox.ts';
import type { StoredEvent } from '../../event-store.ts';
import { isSubject, kindOf } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Assurer } from '../events/assurer.ts';
import { parseEntry } from '../format/log-entry.ts';

/** Reading and acknowledging go on over `maxmemory`: what was read can be let go, and the record may be kept elsewhere. */
const OVER_MEMORY = '#!lua flags=allow-oom\n';

/**
 * One look of the log's reader, a consumer group that is made anew from the beginning where it is lost: what it was given and has
 * not acknowledged, else what it was not given yet. An entry that the log has let go meanwhile has no text. What the log let go
 * before the group was given it is counted by the group's own place in the log, and remembered until that is acknowledged.
 *
 *   KEYS log, unread   ARGV limit   reply {{{id, text}, ...}, {count, from, to} of what was let go}
 */
const NEXT = `${OVER_MEMORY}if redis.call('EXISTS', KEYS[1]) == 0 then return { {}, {} } end
local function fields(list)
  local told = {}
  for index = 1, #list, 2 do told[list[index]] = list[index + 1] end
  return told
end
local function earlier(one, other)
  local ms, seq = string.match(one, '^(%d+)-(%d+)$')
  local otherMs, otherSeq = string.match(other, '^(%d+)-(%d+)$')
  if ms ~= otherMs then return tonumber(ms) < tonumber(otherMs) end
  return tonumber(seq) < tonumber(otherSeq)
end
local function read(place)
  local reply = redis.call('XREADGROUP', 'GROUP', 'record', 'reader', 'COUNT', ARGV[1], 'STREAMS', KEYS[1], place)
  return reply and reply[1] and reply[1][2] or {}
end
local stream = fields(redis.call('XINFO', 'STREAM', KEYS[1]))
local gone, first = stream['entries-added'] - stream['length'], stream['first-entry']
local group
for _, each in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local told = fields(each)
  if told['name'] == 'record' then group = told end
end
if not group then
  redis.call('XGROUP', 'CREATE', KEYS[1], 'record', '0', 'ENTRIESREAD', gone)
else
  local given, last = group['entries-read'], group['last-delivered-id']
  if given and first and gone > given and earlier(last, first[1]) then
    redis.call('HINCRBY', KEYS[2], 'count', gone - given)
    redis.call('HSETNX', KEYS[2], 'from', last)
    redis.call('HSET', KEYS[2], 'to', first[1])
    redis.call('XGROUP', 'SETID', KEYS[1], 'record', last, 'ENTRIESREAD', gone)
  end
end
local entries = read('0')
if #entries == 0 then entries = read('>') end
local told = {}
for _, entry in ipairs(entries) do told[#told + 1] = { entry[1], entry[2] and entry[2][2] or '' } end
return { told, redis.call('HMGET', KEYS[2], 'count', 'from', 'to') }`;

/**
 * Forgets a gap only as it was told: another reader may have acknowledged it, and what went since was told to nobody.
 *
 *   KEYS log, unread   ARGV how many were told as let go, from, to, ids
 */
const ACKNOWLEDGE = `${OVER_MEMORY}if #ARGV > 3 then redis.call('XACK', KEYS[1], 'record', unpack(ARGV, 4)) end
if ARGV[1] ~= '0' and redis.call('HGET', KEYS[2], 'from') == ARGV[2] then
  local left = tonumber(redis.call('HGET', KEYS[2], 'count') or 0) - tonumber(ARGV[1])
  if left <= 0 then redis.call('DEL', KEYS[2])
  else redis.call('HSET', KEYS[2], 'count', string.format('%.0f', left), 'from', ARGV[3]) end
end`;

/**
 * How far the reader is.
 *
 *   KEYS log   reply {the log's last id, the last that was given, the first that was given and not acknowledged}; '' where there is none
 */
const PLACES = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return { '', '', '' } end
for _, each in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local told = {}
  for index = 1, #each, 2 do told[each[index]] = each[index + 1] end
  if told['name'] == 'record' then
    local first = told['pending'] > 0 and redis.call('XPENDING', KEYS[1], 'record')[2] or ''
    return { newest[1], told['last-delivered-id'], first }
  end
end
return { newest[1], '', '' }`;

type Entry = readonly [id: string, text: string];
type LetGo = readonly (string | null)[];

/** By what the log is read. */
export interface RedisOutboxParts {
  readonly calls: PartitionCalls;
  /** What is kept, and told to webhooks, is as durable as what is answered. */
  readonly assurer: Assurer;
  /** The token of a partition's fence as this node knows it; empty where it does not. */
  readonly tokenOf: (partition: number) => string;
}

/** The log itself is the outbox on Redis: a consumer group reads it, one reader at a time. */
export function redisOutbox({ calls, assurer, tokenOf }: RedisOutboxParts): Outbox {
  async function placesOf(partition: number): Promise<readonly [end: string, given: string, first: string]> {
    const { log } = partitionKeys(partition);
    const reply = await calls.call(partition, true, (link) => link.redis.eval(PLACES, 1, log));
    return reply as [string, string, string];
  }

  return {
    partitions: Array.from({ length: calls.partitions }, (_, partition) => partition),

    historyOf: (partition) => tokenOf(partition) || undefined,

    async next(partition, limit) {
      const { log, unread } = partitionKeys(partition);
      const [read, letGo] = await calls.call(partition, true, async (link) => {
        const reply = await link.redis.eval(NEXT, 2, log, unread, limit);
        const [entries, told] = reply as readonly [readonly Entry[], LetGo];
        const events = entries.map(([id, text]) => ({ id, events: eventsIn(text) }));
        const found = events.flatMap((each) => each.events ?? []);
        if (found.length > 0) await assurer.assure(link, partition, found);
        return [events, told] as const;
      });
      const gone = lostBetween(letGo);
      if (read.length === 0 && gone === null) return null;
      return {
        partition,
        events: read.flatMap(({ events }) => events ?? []),
        lost: lostInAll([
          gone,
          ...read.filter(({ events }) => events === undefined).map(({ id }) => lostAt(msOf(id))),
        ]),
        async acknowledge() {
          const ids = read.map(({ id }) => id);
          const [, from, to] = letGo;
          const told = [gone?.count ?? 0, from ?? '', to ?? ''];
          await calls.call(partition, true, (link) =>
            link.redis.eval(ACKNOWLEDGE, 2, log, unread, ...told, ...ids),
          );
        },
      };
    },

    async end(partition) {
      const [end] = await placesOf(partition);
      return end === '' ? undefined : end;
    },

    async isReadTo(partition, place) {
      const [end, given, first] = await placesOf(partition);
      if (end === '') return true;
      if (given === '' || isBehind(place, given)) return false;
      return first === '' || isBehind(first, place);
    },
  };
}

/** Whether a stream's id is above another. */
function isBehind(one: string, other: string): boolean {
  const [ms = 0n, sequence = 0n] = one.split('-').map(BigInt);
  const [otherMs = 0n, otherSequence = 0n] = other.split('-').map(BigInt);
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
}

/** Undefined: the log has let it go, or it is of a later release and cannot be read. */
function eventsIn(text: string): StoredEvent[] | undefined {
  if (text === '') return undefined;
  try {
    const { event } = parseEntry(text);
    if (!isSubject(event.subject)) return undefined;
    return kindOf(event.subject) === 'canary' ? [] : [event];
  } catch {
    return undefined;
  }
}

function lostBetween([count, from, to]: LetGo): LostEvents | null {
  const lost = Number(count ?? 0);
  return lost > 0 ? { count: lost, from: msOf(from ?? '0-0'), to: msOf(to ?? '0-0') } : null;
}

/** When an entry was written: the milliseconds of its id. */
function msOf(streamId: string): number {
  return Number(streamId.slice(0, streamId.indexOf('-')));
}
