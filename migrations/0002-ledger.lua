#!lua name=scangate_ledger_v1

-- The ledger's functions: small things with a life. Values and counts are plain strings that expire; a set is a ZSET
-- whose scores say when each member ends, by the server's clock.

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function int(number)
  return string.format('%.0f', number)
end

-- sgl1_put: stores a value where there is none.
--   KEYS  value        ARGV value, life in ms      reply {1 stored | 0 not, what is stored now}
local function put(KEYS, ARGV)
  local present = redis.call('GET', KEYS[1])
  if present then return { 0, present } end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return { 1, ARGV[1] }
end

-- sgl1_replace: replaces a value that is still the expected one.
--   KEYS  value        ARGV 1 expected | 0 expected absent, expected value, value, life in ms      reply 1 | 0
local function replace(KEYS, ARGV)
  local present = redis.call('GET', KEYS[1])
  if ARGV[1] == '1' then
    if present ~= ARGV[2] then return 0 end
  elseif present then
    return 0
  end
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  return 1
end

-- sgl1_delete: deletes a value, if it is the expected one or none is expected.
--   KEYS  value        ARGV 1 expected | 0 any, expected value      reply 1 | 0
local function delete(KEYS, ARGV)
  if ARGV[1] == '1' and redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
  return redis.call('DEL', KEYS[1])
end

-- sgl1_add: adds a member with its own life; of more than the most, the ones that end first go.
--   KEYS  set          ARGV member, life in ms, most
local function add(KEYS, ARGV)
  local now = clock()
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(now))
  redis.call('ZADD', KEYS[1], int(now + tonumber(ARGV[2])), ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', KEYS[1], last[2]) end
  return 1
end

-- sgl1_members: the living members, the one that ends last first.
--   KEYS  set          ARGV limit      reply {member, ...}
local function members(KEYS, ARGV)
  return redis.call('ZRANGE', KEYS[1], '+inf', '(' .. int(clock()), 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[1])
end

-- sgl1_count: counts up; the first count sets the life.
--   KEYS  count        ARGV life in ms      reply the new value
local function count(KEYS, ARGV)
  local value = redis.call('INCR', KEYS[1])
  if value == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return value
end

redis.register_function('sgl1_put', put)
redis.register_function('sgl1_replace', replace)
redis.register_function('sgl1_delete', delete)
redis.register_function('sgl1_add', add)
redis.register_function{ function_name = 'sgl1_members', callback = members, flags = { 'no-writes' } }
redis.register_function('sgl1_count', count)
