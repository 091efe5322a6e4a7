/** How much of a server's `maxmemory` may be used before the log holds nothing any more for the record: sign-ins need the rest. */
const MEMORY_SHARE = 0.8;
/** How many entries are let go in one look where too many wait. */
const STEP = 1000;

/**
 * Holds back a log's trimming for events that its record has not: they stay, at most as many as may wait, and then the oldest go.
 * Nothing is held where nothing waits that would be trimmed, nor where the server's memory is scarce: then it goes here, read or
 * not, for a function that writes is refused over `maxmemory`. How long any node keeps the log stands in `keep`, as it does for
 * `sg3_trim`.
 *
 *   KEYS log, keep   ARGV how long the log is kept in any case in ms, how many events may wait
 *   reply 1 where the log is not to be trimmed otherwise now
 */
export const HOLD_LOG = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local function fields(list)
  local told = {}
  for index = 1, #list, 2 do told[list[index]] = list[index + 1] end
  return told
end
local function ms(id) return tonumber(string.match(id, '^%d+')) end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return 0 end
local keep = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[2]) or 0))
local edge = ms(newest[1]) - keep
local memory = redis.call('INFO', 'memory')
local most = tonumber(string.match(memory, 'maxmemory:(%d+)') or 0)
local used = tonumber(string.match(memory, 'used_memory:(%d+)') or 0)
if edge > 0 and most > 0 and used > most * ${MEMORY_SHARE} then
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', edge), 'LIMIT', 20000)
  return 0
end
local group
for _, each in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local told = fields(each)
  if told['name'] == 'record' then group = told end
end
if not group then return 0 end
local oldest
if group['pending'] > 0 then oldest = redis.call('XPENDING', KEYS[1], 'record')[2]
else
  local next = redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
  oldest = next and next[1]
end
if not oldest or ms(oldest) >= edge then return 0 end
if keep == tonumber(ARGV[1]) then redis.pcall('SET', KEYS[2], string.format('%.0f', keep), 'PX', string.format('%.0f', keep)) end
local waiting = group['lag'] and group['pending'] + group['lag'] or redis.call('XLEN', KEYS[1])
local over = math.min(waiting - tonumber(ARGV[2]), ${STEP})
if over > 0 then
  local going = redis.call('XRANGE', KEYS[1], oldest, '+', 'COUNT', over + 1)
  local last = going[#going] and going[#going][1]
  if not last or ms(last) >= edge then return 0 end
  oldest = last
end
redis.call('XTRIM', KEYS[1], 'MINID', '~', oldest, 'LIMIT', 20000)
return 1`;
