#!lua name=scangate_v3

-- The event store's functions. Everything of one partition shares a hash tag, so each call is one atomic step on one
-- server. Times are milliseconds since the epoch by the server's TIME. Names carry a version: a release that changes
-- what a function means adds a library beside this one, so that two releases run on one server.
--
-- A head is one string (src/store/redis/format/head.ts):
--   2 <version> <final 0|1> <schema> <first stamp> <status> <moments> <blob>
-- with the last moments as <id>,<stamp - first stamp>,<deadline - stamp> joined by semicolons. A blob that begins with
-- what the ticket was minted with, to the byte as its first log entry has it, is kept as
--   @<stream id of that entry> <rest of the blob>
-- and made whole again in every answer: the log outlives its tickets' heads, and a waiting ticket has its longest text
-- in memory once instead of twice. A head whose entry is gone is as good as none.
--
-- A log entry has one field, `e`, a JSON array (src/store/redis/format/log-entry.ts):
--   [subject, version, id, stamp, deadline, type, schema, id of the event before or "", data]
--
-- A partition's fence is one string (src/store/redis/format/fence.ts):
--   <token> <healing|open> <grace from> <grace till> <brought> <members>
-- The token is <master_replid>.<random>: under which history of the server, and by whose call, the fence began. Events are
-- appended while it is open, and by those alone who name its token. While it heals, its members put back what they
-- remember; `brought` counts what came. A member is <id>,<stage>,<beat>,<seen>, members are joined by semicolons, and `-`
-- stands for none. Stages: expected, found, tried, healed, struck. Once it is open only those who were struck are kept.
--
-- Outcomes: 0 appended, 1 already, 2 conflict, 3 late, 4 early, 5 missing, 6 marked: a first event whose head is gone
-- while its log lives, 7 fenced: the fence has another token, or is not open.

local APPENDED, ALREADY, CONFLICT, LATE, EARLY, MISSING, MARKED, FENCED = 0, 1, 2, 3, 4, 5, 6, 7
local MOMENTS_MAX = 8
local FIELDS = '^2 (%d+) ([01]) %d+ (%d+) %S+ (%S+) ()'
local SHORTENED = '^(2 %d+ [01] %d+ %d+ %S+ %S+ )@(%d+%-%d+) (.*)$'
local MINTED = '{"minted":'

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function int(number)
  return string.format('%.0f', number)
end

local function parse(text)
  local version, final, first, moments, blob = string.match(text, FIELDS)
  local id, at, deadline = string.match(moments, '([^;,]+),(%d+),(%-?%d+)$')
  first = tonumber(first)
  at = first + tonumber(at)
  return {
    version = tonumber(version),
    final = final == '1',
    first = first,
    moments = moments,
    id = id,
    at = at,
    deadline = at + tonumber(deadline),
    entry_id = string.match(text, '^@(%d+%-%d+) ', blob),
  }
end

-- What a subject's first log entry says that it was minted with; nil where this is not that entry.
local function minted_of(subject, entry)
  if string.find(entry, subject, 3, true) ~= 3 then return nil end
  local behind = 3 + #subject
  if string.sub(entry, behind, behind + 3) ~= '",1,' then return nil end
  local _, last = string.find(entry, ',"",', behind + 4, true)
  return string.sub(entry, last + 1, -2)
end

-- The same of the entry with this stream id; nil where the log does not have it.
local function minted_at(log, subject, entry_id)
  local found = redis.call('XRANGE', log, entry_id, entry_id)[1]
  return found and minted_of(subject, found[2][2])
end

local function shorten(blob, minted, entry_id)
  if not minted or string.sub(blob, 1, #MINTED) ~= MINTED then return blob end
  local last = #MINTED + #minted
  if string.sub(blob, #MINTED + 1, last) ~= minted then return blob end
  return '@' .. entry_id .. ' ' .. string.sub(blob, last + 1)
end

-- A head with its whole blob; false where there is no head, or no entry that it names.
local function whole(log, subject, text)
  if not text then return false end
  local fields, entry_id, rest = string.match(text, SHORTENED)
  if not entry_id then return text end
  local minted = minted_at(log, subject, entry_id)
  if not minted then return false end
  return fields .. MINTED .. minted .. rest
end

-- The stamp and deadline of an event among a head's moments, or nil.
local function moment(head, id)
  local _, last = string.find(';' .. head.moments, ';' .. id .. ',', 1, true)
  if not last then return nil end
  local at, deadline = string.match(head.moments, '^(%d+),(%-?%d+)', last)
  at = head.first + tonumber(at)
  return at, at + tonumber(deadline)
end

local function compose(version, final, schema, first, status, moments, blob)
  return '2 ' .. int(version) .. ' ' .. final .. ' ' .. schema .. ' ' .. int(first) .. ' ' .. status .. ' ' .. moments
    .. ' ' .. blob
end

local function with_moment(head, id, at, deadline)
  local one = id .. ',' .. int(at - (head and head.first or at)) .. ',' .. int(deadline - at)
  if not head then return one end
  local moments = head.moments
  local _, count = string.gsub(moments, ';', ';')
  if count + 1 >= MOMENTS_MAX then moments = string.match(moments, '^[^;]*;(.*)$') end
  return moments .. ';' .. one
end

-- The instants between which a failover happened, and until when deadlines that passed then are held against nobody.
local function grace_of(fence)
  local from, till = string.match(fence, '^%S+ %S+ (%d+) (%d+) ')
  return tonumber(from), tonumber(till)
end

local function passed(deadline, at, fence)
  if at < deadline then return false end
  local from, till = grace_of(fence)
  return not (deadline >= from and at < till)
end

local FENCE = '^(%S+) (%S+) (%d+) (%d+) (%d+) (%S+)$'
local MEMBER = '([^;,]+),(%a+),(%d+),(%d+)'

-- A partition's fence; nil where there is none.
local function fence_of(key)
  local text = redis.call('GET', key)
  if not text then return nil end
  local token, state, from, till, brought, members = string.match(text, FENCE)
  local fence = {
    token = token, open = state == 'open', from = tonumber(from), till = tonumber(till), brought = tonumber(brought),
    members = {},
  }
  for id, stage, beat, seen in string.gmatch(members, MEMBER) do
    table.insert(fence.members, { id = id, stage = stage, beat = tonumber(beat), seen = tonumber(seen) })
  end
  return fence
end

local function member_of(fence, id)
  for _, member in ipairs(fence.members) do
    if member.id == id then return member end
  end
  return nil
end

local function add_member(fence, id, stage)
  local member = { id = id, stage = stage, beat = 0, seen = 0 }
  table.insert(fence.members, member)
  return member
end

-- Keeps a fence, and opens it once every member is healed or struck.
local function put_fence(key, fence)
  if not fence.open then
    local struck = {}
    fence.open = true
    for _, member in ipairs(fence.members) do
      if member.stage == 'struck' then table.insert(struck, member)
      elseif member.stage ~= 'healed' then fence.open = false end
    end
    if fence.open then fence.members = struck end
  end
  local members = {}
  for i, member in ipairs(fence.members) do
    members[i] = member.id .. ',' .. member.stage .. ',' .. int(member.beat) .. ',' .. int(member.seen)
  end
  local text = fence.token .. ' ' .. (fence.open and 'open' or 'healing') .. ' ' .. int(fence.from) .. ' '
    .. int(fence.till) .. ' ' .. int(fence.brought) .. ' ' .. (#members > 0 and table.concat(members, ';') or '-')
  redis.call('SET', key, text)
  return text
end

-- Writes one event: log, head with its expiry, and deadline index. A first event's marker is its caller's to set.
local function write(keys, head_key, subject, head, id, entry, at, deadline, history, state, at_least)
  local entry_id = redis.call('XADD', keys.log, '*', 'e', entry)
  local minted
  if head then
    entry_id = head.entry_id
    minted = entry_id and minted_at(keys.log, subject, entry_id)
  else
    minted = minted_of(subject, entry)
  end
  local version = head and head.version + 1 or 1
  local text = compose(version, state.final, state.schema, head and head.first or at, state.status,
    with_moment(head, id, at, deadline), shorten(state.blob, minted, entry_id))
  local ends = math.max((state.final == '1' and at or deadline) + history, at_least or 0)
  redis.call('SET', head_key, text, 'PXAT', int(ends))
  if state.final == '1' then
    if head then redis.call('ZREM', keys.due, subject) end
  else
    redis.call('ZADD', keys.due, int(deadline), subject)
  end
end

-- Marks a subject as one that the log knows from now on. Answers 0 where it was marked before.
local function mark(keys, subject, now)
  return redis.call('ZADD', keys.firsts, 'NX', int(now), subject)
end

-- sg3_append: one to four events of as many subjects of one partition, all or nothing.
--   KEYS  log, due, firsts, fence, then one head a subject
--   ARGV  history in ms; the fence's token as the caller knows it; then 13 a subject:
--         subject, expected id or "", event id, entry before and after its stamp and deadline, life in ms,
--         extend 0|1, cap in ms or "", when (before|after|any), status, final 0|1, schema, blob
--   reply {0|1, now, stamp, deadline, ...}: appended or already
--         {2..6, now, index, head or nil}: refused, nothing was written
--         {7, now, token or nil}: fenced, nothing was written
local STRIDE = 13
local function append(KEYS, ARGV)
  local now = clock()
  local history = tonumber(ARGV[1])
  local keys = { log = KEYS[1], due = KEYS[2], firsts = KEYS[3] }
  local fence = redis.call('GET', KEYS[4])
  local open = ARGV[2] .. ' open '
  if not fence or string.sub(fence, 1, #open) ~= open then
    return { FENCED, now, fence and string.match(fence, '^%S+') }
  end
  local reply = { ALREADY, now }
  local heads, texts, fresh = {}, {}, {}
  local count = #KEYS - 4
  for i = 1, count do
    local base = 3 + (i - 1) * STRIDE
    local text = redis.call('GET', KEYS[4 + i])
    local head = text and parse(text) or nil
    heads[i], texts[i] = head, text
    local at, deadline
    if head then at, deadline = moment(head, ARGV[base + 2]) end
    if not at then
      fresh[i] = true
      reply[1] = APPENDED
    end
    reply[1 + 2 * i], reply[2 + 2 * i] = at or 0, deadline or 0
  end

  for i = 1, count do
    if fresh[i] then
      local base = 3 + (i - 1) * STRIDE
      local head, expected, when = heads[i], ARGV[base + 1], ARGV[base + 8]
      local refusal
      local at = now
      if not head then
        if expected ~= '' then
          refusal = MISSING
        elseif count == 1 then
          if mark(keys, ARGV[base], now) == 0 then refusal = MARKED end
        elseif redis.call('ZSCORE', keys.firsts, ARGV[base]) then
          refusal = MARKED
        end
      else
        at = math.max(now, head.at)
        if head.final or head.id ~= expected then
          refusal = CONFLICT
        elseif when == 'before' and passed(head.deadline, at, fence) then
          refusal = LATE
        elseif when == 'after' and not passed(head.deadline, at, fence) then
          refusal = EARLY
        end
      end
      if refusal then return { refusal, now, i - 1, whole(keys.log, ARGV[base], texts[i]) } end
      local deadline = at + tonumber(ARGV[base + 5])
      if head and ARGV[base + 6] == '1' then deadline = math.max(deadline, head.deadline) end
      if ARGV[base + 7] ~= '' then
        deadline = math.min(deadline, (head and head.first or at) + tonumber(ARGV[base + 7]))
      end
      reply[1 + 2 * i], reply[2 + 2 * i] = at, deadline
    end
  end

  for i = 1, count do
    local base = 3 + (i - 1) * STRIDE
    if fresh[i] then
      local at, deadline = reply[1 + 2 * i], reply[2 + 2 * i]
      if not heads[i] and count > 1 then mark(keys, ARGV[base], now) end
      local entry = ARGV[base + 3] .. int(at) .. ',' .. int(deadline) .. ARGV[base + 4]
      write(keys, KEYS[4 + i], ARGV[base], heads[i], ARGV[base + 2], entry, at, deadline, history, {
        status = ARGV[base + 9], final = ARGV[base + 10], schema = ARGV[base + 11], blob = ARGV[base + 12],
      })
    end
  end
  return reply
end

-- sg3_read: heads as they are.
--   KEYS  log, fence, then heads    ARGV a subject for each head    reply {now, the fence's token or nil, head or nil, ...}
local function read(KEYS, ARGV)
  local fence = redis.call('GET', KEYS[2])
  local reply = { clock(), fence and string.match(fence, '^%S+') }
  for i = 3, #KEYS do reply[i] = whole(KEYS[1], ARGV[i - 2], redis.call('GET', KEYS[i])) end
  return reply
end

-- sg3_due: what has passed its deadline and is not final; removes nothing.
--   KEYS  due, fence   ARGV limit   reply {subject, ...}
local function due(KEYS, ARGV)
  local now = clock()
  local fence = redis.call('GET', KEYS[2])
  local top = int(now)
  if fence then
    local from, till = grace_of(fence)
    if now < till then top = '(' .. int(from) end
  end
  return redis.call('ZRANGE', KEYS[1], '-inf', top, 'BYSCORE', 'LIMIT', 0, ARGV[1])
end

-- sg3_trim: lets go of the log that is older than `keep` before its newest entry, of the markers of what went, and of
-- deadlines so long past that their heads have ended. A longer `keep` that was asked for holds as long as itself: nodes
-- whose settings differ, or were made shorter, take nothing from the tickets of before.
--   KEYS  log, firsts, due, keep
--   ARGV  keep in ms, history in ms, how much longer than the log a marker stays in ms (a clock may have gone back)
--   reply entries removed
local function trim(KEYS, ARGV)
  local keep = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[4]) or 0))
  if keep == tonumber(ARGV[1]) then redis.call('SET', KEYS[4], int(keep), 'PX', int(keep)) end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. int(clock() - tonumber(ARGV[2])))
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  if not newest then return 0 end
  local edge = tonumber(string.match(newest[1], '^%d+')) - keep
  if edge <= 0 then return 0 end
  local removed = redis.call('XTRIM', KEYS[1], 'MINID', '~', int(edge), 'LIMIT', 20000)
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if oldest then
    local edge = tonumber(string.match(oldest[1], '^%d+')) - tonumber(ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. int(edge))
  end
  return removed
end

-- sg3_rebuild: puts back a head that was folded from the log, unless there is one or the log went on.
--   KEYS  log, due, head, fence
--   ARGV  subject, the log's last id that was folded or seen, instant at which the head ends, deadline, final 0|1, the
--         whole head, stream id of the subject's first entry, the fence's token as it was when the log was read
--   reply 1 put, 0 there is one, -1 the log went on, or is another one under another fence: fold again
local function rebuild(KEYS, ARGV)
  local fence = redis.call('GET', KEYS[4])
  if not fence or string.match(fence, '^%S+') ~= ARGV[8] then return -1 end
  if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
  local newer = redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+', 'COUNT', 1000)
  if #newer == 1000 then return -1 end
  local start = '["' .. ARGV[1] .. '",'
  for _, entry in ipairs(newer) do
    if string.sub(entry[2][2], 1, #start) == start then return -1 end
  end
  local _, _, _, _, blob = string.match(ARGV[6], FIELDS)
  local minted = minted_at(KEYS[1], ARGV[1], ARGV[7])
  local text = string.sub(ARGV[6], 1, blob - 1) .. shorten(string.sub(ARGV[6], blob), minted, ARGV[7])
  redis.call('SET', KEYS[3], text, 'PXAT', ARGV[3])
  if ARGV[5] == '0' and tonumber(ARGV[3]) > clock() then redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end
  return 1
end

-- sg3_restore: puts back an event that a failover lost, with its first stamp and deadline. No deadline is looked at: it
-- happened. Refused where history went another way, and under another fence; whether the fence is open is no matter: an
-- event that comes late is compared with what stands there like any other.
--   KEYS  log, due, firsts, head, fence
--   ARGV  history in ms, subject, id of the event before or "", event id, version, entry, stamp, deadline, status,
--         final 0|1, schema, blob, the fence's token
--   reply {0 put | 1 already | 2 another history | 5 no predecessor | 6 marked | 7 fenced, now, head or nil}
local function restore(KEYS, ARGV)
  local now = clock()
  local fence = fence_of(KEYS[5])
  if not fence or fence.token ~= ARGV[13] then return { FENCED, now, fence and fence.token } end
  local text = redis.call('GET', KEYS[4])
  local head = text and parse(text) or nil
  local version = tonumber(ARGV[5])
  if head then
    local refusal
    if moment(head, ARGV[4]) then
      refusal = ALREADY
    elseif head.final or head.version >= version then
      refusal = CONFLICT
    elseif head.version < version - 1 then
      refusal = MISSING
    elseif head.id ~= ARGV[3] then
      refusal = CONFLICT
    end
    if refusal then return { refusal, now, whole(KEYS[1], ARGV[2], text) } end
  else
    if version ~= 1 then return { MISSING, now, false } end
    if redis.call('ZSCORE', KEYS[3], ARGV[2]) then return { MARKED, now, false } end
  end
  local keys = { log = KEYS[1], due = KEYS[2], firsts = KEYS[3] }
  if not head then mark(keys, ARGV[2], now) end
  write(keys, KEYS[4], ARGV[2], head, ARGV[4], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[1]), {
    status = ARGV[9], final = ARGV[10], schema = ARGV[11], blob = ARGV[12],
  }, now + tonumber(ARGV[1]))
  if not fence.open then
    fence.brought = fence.brought + 1
    put_fence(KEYS[5], fence)
  end
  return { APPENDED, now, whole(KEYS[1], ARGV[2], redis.call('GET', KEYS[4])) }
end

-- sg3_enter: meets the fence of a partition. A new one goes up where there is none, where the one there went up under another
-- history of the server, and where that one is open though who calls knew another before and nobody waited for it. It heals: its members are who calls and the others that it names. Where it heals already,
-- who calls is a member from now on. Where it knew another one before, the grace is opened, or widened to an earlier
-- instant, and a fence that heals already gets the others too: who joined late is known to few.
--   KEYS  fence
--   ARGV  member, random text, its stage (found, or healed where it has nothing to put back), the token that it knew or "",
--         instant of the last answer under that one, length of the grace in ms; then the others
--   reply the fence
local function enter(KEYS, ARGV)
  local now = clock()
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  local fence = fence_of(KEYS[1]) or { token = '', from = 0, till = 0, members = {} }
  local later = ARGV[4] ~= '' and ARGV[4] ~= fence.token
  local forgotten = later and fence.open and not member_of(fence, ARGV[1])
  local fresh = forgotten or string.match(fence.token, '^%w*') ~= history
  if fresh then
    fence = { token = history .. '.' .. ARGV[2], open = false, from = fence.from, till = fence.till, brought = 0, members = {} }
  end
  local from = tonumber(ARGV[5])
  if later and from > 0 and now < fence.till then
    fence.from = math.min(from, fence.from)
  elseif later and from > 0 then
    fence.from, fence.till = from, now + tonumber(ARGV[6])
  end
  if not fence.open then
    local member = member_of(fence, ARGV[1]) or add_member(fence, ARGV[1], ARGV[3])
    if member.stage == 'expected' or member.stage == 'struck' then member.stage = ARGV[3] end
    member.beat = member.beat + 1
    for i = 7, #ARGV do
      if (fresh or later) and not member_of(fence, ARGV[i]) then add_member(fence, ARGV[i], 'expected') end
    end
  end
  return put_fence(KEYS[1], fence)
end

-- sg3_say: how far a member is. Who was struck is a member again, while nobody may append yet.
--   KEYS  fence        ARGV token, member, stage, how much had come when it last began to look
--   reply the fence; nil where it has another token by now
local function say(KEYS, ARGV)
  local fence = fence_of(KEYS[1])
  if not fence or fence.token ~= ARGV[1] then return false end
  if not fence.open then
    local member = member_of(fence, ARGV[2]) or add_member(fence, ARGV[2], ARGV[3])
    -- What was sent before over a connection that is lost may arrive after what was sent last.
    if member.stage ~= 'healed' then member.stage = ARGV[3] end
    member.beat, member.seen = member.beat + 1, tonumber(ARGV[4])
  end
  return put_fence(KEYS[1], fence)
end

-- sg3_strike: lets the others go on without a member, unless it was heard of since.
--   KEYS  fence        ARGV token, member, its beat as it was last seen
--   reply the fence; nil where it has another token by now
local function strike(KEYS, ARGV)
  local fence = fence_of(KEYS[1])
  if not fence or fence.token ~= ARGV[1] then return false end
  local member = member_of(fence, ARGV[2])
  if member and not fence.open and member.stage ~= 'healed' and member.beat == tonumber(ARGV[3]) then
    member.stage = 'struck'
  end
  return put_fence(KEYS[1], fence)
end

redis.register_function('sg3_append', append)
redis.register_function{ function_name = 'sg3_read', callback = read, flags = { 'no-writes' } }
redis.register_function{ function_name = 'sg3_due', callback = due, flags = { 'no-writes' } }
redis.register_function('sg3_trim', trim)
redis.register_function('sg3_rebuild', rebuild)
redis.register_function('sg3_restore', restore)
redis.register_function('sg3_enter', enter)
redis.register_function('sg3_say', say)
redis.register_function('sg3_strike', strike)
