import { MESSAGE_BYTES } from '../../webhooks/message-queue.ts';

/**
 * The steps of the queues; keys stand in `queue-keys.ts`. What gives, and lets go of, messages goes on over `maxmemory`: it makes
 * room. What puts them is refused there, as a whole, by its first write.
 */
const OVER_MEMORY = '#!lua flags=allow-oom\n';

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** No lease is as long, in milliseconds: one that would end later is of a clock that ran ahead, of another server perhaps. */
const LEASE_MAX_MS = 60_000;

/** Whether another node than ARGV[1] has the receiver. */
const OTHERS = `${NOW}
local function is_others(state)
  local owner, till = unpack(redis.call('HMGET', state, 'owner', 'until'))
  local left = owner and tonumber(till) - now
  return owner and owner ~= ARGV[1] and left > 0 and left <= ${LEASE_MAX_MS}
end`;

/** Puts {id, subject, text} at the end of a queue. */
const ADD = `
local function add(state, queue, nonce, messages)
  local last, bytes = tonumber(redis.call('HGET', state, 'last') or 0), 0
  for _, message in ipairs(messages) do
    last = last + 1
    local place = string.format('%.0f-%s', last, nonce)
    redis.call('XADD', queue, place, 'i', message[1], 's', message[2], 't', message[3])
    bytes = bytes + #message[3] + ${MESSAGE_BYTES}
  end
  redis.call('HSET', state, 'last', string.format('%.0f', last))
  redis.call('HINCRBY', state, 'count', #messages)
  redis.call('HINCRBY', state, 'bytes', bytes)
end`;

/** Takes an entry out of a queue. */
const REMOVE = `
local function remove(state, queue, tries, entry)
  redis.call('XDEL', queue, entry[1])
  redis.call('HDEL', tries, entry[1])
  redis.call('HINCRBY', state, 'count', -1)
  redis.call('HINCRBY', state, 'bytes', -#entry[2][6] - ${MESSAGE_BYTES})
end`;

/** Besides twice what it puts, a step lets so many messages of a receiver go at most: sign-ins wait for it where the bound was lowered. */
const GOING_MAX = 100;

/** Lets the oldest go, and widens the gap; a message that told of one stands for those that it counts. Replies how many events went. */
const LET_GO = `
local function is_below(one, other)
  if #one ~= #other then return #one < #other end
  return one < other
end
local function let_go(state, queue, tries, most, kept, going)
  local bytes = tonumber(redis.call('HGET', state, 'bytes'))
  if bytes <= most then return 0 end
  local count, from, to = unpack(redis.call('HMGET', state, 'gap_count', 'gap_from', 'gap_to'))
  local events, steps = 0, 0
  while bytes > kept and steps < going do
    local entry = redis.call('XRANGE', queue, '-', '+', 'COUNT', 1)[1]
    if not entry then break end
    local id, subject, text = entry[2][2], entry[2][4], entry[2][6]
    local counted, first = 1, id
    if subject == 'gap' or subject == 'lost' then
      local told = cjson.decode(text)
      counted, first = told.count or 1, told.from_id or id
    else
      events = events + 1
    end
    if not count or is_below(first, from) then from = first end
    if not count or not is_below(id, to) then to = id end
    count = (count or 0) + counted
    remove(state, queue, tries, entry)
    bytes = bytes - #text - ${MESSAGE_BYTES}
    steps = steps + 1
  end
  redis.call('HSET', state, 'gap_count', string.format('%.0f', count), 'gap_from', from, 'gap_to', to)
  redis.call('HINCRBY', state, 'gone', events)
  return events
end`;

/** KEYS: read. Replies {chain, link, ...}, or nothing where nobody has begun. */
export const READ = `
if not redis.call('HGET', KEYS[1], 'begun') then return false end
local chains, told = redis.call('HKEYS', KEYS[1]), {}
for _, chain in ipairs(chains) do
  if chain ~= 'begun' then
    told[#told + 1] = chain
    told[#told + 1] = redis.call('HGET', KEYS[1], chain)
  end
end
return told`;

/** KEYS: read. ARGV: chain, link, ... */
export const BEGIN = `
if redis.call('HGET', KEYS[1], 'begun') then return end
redis.call('HSET', KEYS[1], 'begun', 1, unpack(ARGV))`;

/** KEYS: receivers, joined. ARGV: receivers. Replies of each the links behind which it is told, nothing where it has not joined. */
export const JOINED = `
local told = {}
for index, receiver in ipairs(ARGV) do
  local is_known = redis.call('ZSCORE', KEYS[1], receiver)
  told[index] = is_known and (redis.call('HGET', KEYS[2], receiver) or '{}')
end
return told`;

/** KEYS: receivers, joined. ARGV: the links, as `joined` has them, or nothing where there are none; receivers. */
export const JOIN = `${NOW}
for index = 2, #ARGV do
  local added = redis.call('ZADD', KEYS[1], 'NX', now, ARGV[index])
  if added == 1 and ARGV[1] ~= '' then redis.call('HSET', KEYS[2], ARGV[index], ARGV[1]) end
end`;

/**
 * KEYS: read, receivers, joined, and for each receiver its state, queue and tries. ARGV: JSON of moves, groups of messages, and the nonce; the
 * bound in bytes, and what stays of it. Replies how many events were let go; -1: a chain stands elsewhere.
 */
export const PUT = `${NOW}${ADD}${REMOVE}${LET_GO}
local asked, gone = cjson.decode(ARGV[1]), 0
for _, move in ipairs(asked.moves) do
  if (redis.call('HGET', KEYS[1], move[1]) or '0') ~= move[2] then return -1 end
end
for _, move in ipairs(asked.moves) do
  redis.call('HSET', KEYS[1], move[1], move[3])
  if tonumber(move[3]) < tonumber(move[2]) then redis.call('DEL', KEYS[3]) end
end
for index, group in ipairs(asked.groups) do
  local state, queue, tries = KEYS[3 * index + 1], KEYS[3 * index + 2], KEYS[3 * index + 3]
  redis.call('ZADD', KEYS[2], now, group.receiver)
  add(state, queue, asked.nonce, group.messages)
  local going = ${GOING_MAX} + 2 * #group.messages
  gone = gone + let_go(state, queue, tries, tonumber(ARGV[2]), tonumber(ARGV[3]), going)
end
return gone`;

/** KEYS: state. ARGV: the node's token. Replies 0: nothing is there to be taken; 1: another node has it; 2: it is to be taken. */
export const PEEK = `${OTHERS}
if is_others(KEYS[1]) then return 1 end
local owner, count, gap = unpack(redis.call('HMGET', KEYS[1], 'owner', 'count', 'gap_count'))
if owner ~= ARGV[1] and (count or '0') == '0' and not gap then return 0 end
return 2`;

/**
 * KEYS: state, queue, tries. ARGV: the node's token, its lease in milliseconds, how many messages at most, behind which place, 1 where
 * it has some in hand. Replies nothing where another node has it, else {1: anew, how many wait, the gap's count, from, to, {{place, id,
 * subject, text, tries, how long ago}, ...}}.
 *
 * A place that is behind the last one this node was given is of a past that a failover took back, and what it has in hand with it.
 */
export const TAKE = `${OVER_MEMORY}${OTHERS}
local state, queue, tries = KEYS[1], KEYS[2], KEYS[3]
if is_others(state) then return false end
local function number(place) return tonumber(string.match(place, '^%d+')) end
local after, in_hand = ARGV[4], ARGV[5] == '1'
local owner, given = unpack(redis.call('HMGET', state, 'owner', 'given'))
local is_mine = owner == ARGV[1] and given
local is_lost = is_mine and after ~= '' and after ~= given and (given == '' or number(after) >= number(given))
if not is_mine or is_lost then given = '' end
local is_anew = given == '' or after == ''
if is_anew then after = '' end
local entries = {}
if tonumber(ARGV[3]) > 0 then
  entries = redis.call('XRANGE', queue, after == '' and '-' or '(' .. after, '+', 'COUNT', ARGV[3])
end
local rows = {}
for index, entry in ipairs(entries) do
  local tried = redis.call('HGET', tries, entry[1]) or '0 0'
  local times, at = string.match(tried, '^(%d+) (%d+)$')
  local ago = times == '0' and 0 or math.max(0, now - at)
  rows[index] = { entry[1], entry[2][2], entry[2][4], entry[2][6], times, string.format('%.0f', ago) }
  if given == '' or number(entry[1]) > number(given) then given = entry[1] end
end
if #entries > 0 or in_hand then
  redis.call('HSET', state, 'owner', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]), 'given', given)
elseif owner == ARGV[1] then
  redis.call('HDEL', state, 'owner', 'until', 'given')
end
local count, gap, from, to = unpack(redis.call('HMGET', state, 'count', 'gap_count', 'gap_from', 'gap_to'))
return { is_anew and 1 or 0, count or '0', gap or '', from or '', to or '', rows }`;

/** KEYS: state, queue, tries. ARGV: place and how often it was tried, or nothing where it was delivered, ... */
export const NOTE = `${OVER_MEMORY}${NOW}${REMOVE}
for index = 1, #ARGV, 2 do
  local place, times = ARGV[index], ARGV[index + 1]
  local entry = redis.call('XRANGE', KEYS[2], place, place)[1]
  if entry and times == '' then remove(KEYS[1], KEYS[2], KEYS[3], entry) end
  if entry and times ~= '' then redis.call('HSET', KEYS[3], place, times .. ' ' .. string.format('%.0f', now)) end
end`;

/** KEYS: state, queue, tries, dead. ARGV: the node's token, place, how often it was tried, why, how many dead letters are kept. */
export const BURY = `${OVER_MEMORY}${OTHERS}${REMOVE}
if is_others(KEYS[1]) then return end
local entry = redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2])[1]
if not entry then return end
remove(KEYS[1], KEYS[2], KEYS[3], entry)
local message = entry[2]
redis.call('XADD', KEYS[4], '*', 'i', message[2], 's', message[4], 't', message[6], 'n', ARGV[3], 'r', ARGV[4])
redis.call('HINCRBY', KEYS[1], 'dead', 1 - redis.call('XTRIM', KEYS[4], 'MAXLEN', '=', ARGV[5]))`;

/** KEYS: state, queue. ARGV: the gap's count, from, to; the message's id, subject, text; a nonce. */
export const FILL_GAP = `${ADD}
local gap = redis.call('HMGET', KEYS[1], 'gap_count', 'gap_from', 'gap_to')
for index = 1, 3 do
  if gap[index] ~= ARGV[index] then return end
end
add(KEYS[1], KEYS[2], ARGV[7], { { ARGV[4], ARGV[5], ARGV[6] } })
redis.call('HDEL', KEYS[1], 'gap_count', 'gap_from', 'gap_to')`;

/** KEYS: state. ARGV: the node's token. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[1], 'owner', 'until', 'given')`;

/** KEYS: state. Replies how many wait, are dead, and were let go. */
export const FIGURES = `return redis.call('HMGET', KEYS[1], 'count', 'dead', 'gone')`;

/** KEYS: dead. ARGV: from, how many at most. */
export const DEAD = `return redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])`;

/** KEYS: state, queue, dead. ARGV: a nonce, places. */
export const REPLAY = `${ADD}
local messages, places = {}, {}
for index = 2, #ARGV do
  local letter = redis.call('XRANGE', KEYS[3], ARGV[index], ARGV[index])[1]
  if letter then
    messages[#messages + 1] = { letter[2][2], letter[2][4], letter[2][6] }
    places[#places + 1] = letter[1]
  end
end
if #messages == 0 then return end
add(KEYS[1], KEYS[2], ARGV[1], messages)
redis.call('HINCRBY', KEYS[1], 'dead', -redis.call('XDEL', KEYS[3], unpack(places)))`;

/** KEYS: receivers. ARGV: how long ago, in milliseconds. Replies those for whom nothing was put since. */
export const IDLE = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'LIMIT', 0, 1000)`;

/** KEYS: receivers, joined, and the four of one receiver. ARGV: the receiver, how long ago. */
export const FORGET = `${NOW}
local put_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not put_at or tonumber(put_at) > now - ARGV[2] then return end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3], KEYS[4], KEYS[5], KEYS[6])`;
