import { partitionKeys } from '../../keys.ts';
import type { Outbox } from '../../outbox.ts';
import type { StoredEvent } from '../../event-store.ts';
import { kindOf } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';
import { parseEntry } from '../format/log-entry.ts';

/**
 * One look of the log's reader, a consumer group that is made anew from the beginning where it is lost: what it was given and has
 * not acknowledged, else what it was not given yet. An entry that the log has let go meanwhile has no text.
 *
 *   KEYS log   ARGV limit   reply {{id, text}, ...}
 */
const NEXT = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local function read(place)
  return redis.pcall('XREADGROUP', 'GROUP', 'record', 'reader', 'COUNT', ARGV[1], 'STREAMS', KEYS[1], place)
end
local reply = read('0')
if reply and reply.err then
  if not string.find(reply.err, 'NOGROUP') then return reply end
  redis.call('XGROUP', 'CREATE', KEYS[1], 'record', '0')
  reply = read('0')
end
local entries = reply and reply[1] and reply[1][2] or {}
if #entries == 0 then
  reply = read('>')
  entries = reply and reply[1] and reply[1][2] or {}
end
local told = {}
for _, entry in ipairs(entries) do told[#told + 1] = { entry[1], entry[2] and entry[2][2] or '' } end
return told`;

/** KEYS log   ARGV ids */
const ACKNOWLEDGE = `return redis.call('XACK', KEYS[1], 'record', unpack(ARGV))`;

/** The log itself is the outbox on Redis: a consumer group reads it, one reader at a time. */
export function redisOutbox(calls: PartitionCalls): Outbox {
  return {
    partitions: Array.from({ length: calls.partitions }, (_, partition) => partition),

    async next(partition, limit) {
      const { log } = partitionKeys(partition);
      const reply = await calls.call(partition, true, (link) => link.redis.eval(NEXT, 1, log, limit));
      const entries = reply as readonly (readonly [id: string, text: string])[];
      if (entries.length === 0) return null;
      const read = entries.map(([, text]) => eventsIn(text));
      return {
        partition,
        events: read.flatMap((events) => events ?? []),
        lost: read.filter((events) => events === undefined).length,
        async acknowledge() {
          const ids = entries.map(([id]) => id);
          await calls.call(partition, true, (link) => link.redis.eval(ACKNOWLEDGE, 1, log, ...ids));
        },
      };
    },
  };
}

/** Undefined: the log has let it go, or it is of a later release and cannot be read. */
function eventsIn(text: string): StoredEvent[] | undefined {
  if (text === '') return undefined;
  try {
    const { event } = parseEntry(text);
    return kindOf(event.subject) === 'canary' ? [] : [event];
  } catch {
    return undefined;
  }
}
