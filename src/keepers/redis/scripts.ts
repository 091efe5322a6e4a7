/**
 * The archive on Redis: everything under one hash tag, so that one script is one step. Ids are written with 19 digits, so that
 * they sort as text.
 *
 *     rows     hash: id → the row as JSON, with what it is found by
 *     ids      sorted set, by text: all ids
 *     links    sorted set a chain: ids by their link
 *     column   sorted set a value: ids
 *     heads    hash: chain → link and hash
 *     keys     hash: name → the key that seals what entries say of a person
 *     used     sorted set: names of keys by when they were last needed
 *     state    hash: bytes held, entries that the bound let go
 */
export const RECORD_TAG = '{sg:0}record:';

/** ARGV[1] is JSON: chain, behind, link, hash, rows, keys, at. Replies -1 where the head is another, else the bytes held. */
export const ADD = `
local tag, a = ARGV[2], cjson.decode(ARGV[1])
local head = redis.call('HGET', tag .. 'heads', a.chain)
if (head and string.match(head, '^%d+') or '0') ~= a.behind then return -1 end
local bytes = 0
for _, row in ipairs(a.rows) do
  redis.call('HSET', tag .. 'rows', row.id, row.row)
  redis.call('ZADD', tag .. 'ids', 0, row.id)
  redis.call('ZADD', tag .. 'links:' .. a.chain, row.link, row.id)
  for _, column in ipairs(row.columns) do redis.call('ZADD', tag .. 'column:' .. column, 0, row.id) end
  if row.key then redis.call('ZADD', tag .. 'used', 'GT', a.at, row.key) end
  bytes = bytes + #row.row
end
for _, key in ipairs(a.keys) do redis.call('HSET', tag .. 'keys', key[1], key[2]) end
redis.call('HSET', tag .. 'heads', a.chain, a.link .. ' ' .. a.hash)
return redis.call('HINCRBY', tag .. 'state', 'bytes', bytes)`;

/** ARGV: set, from, to, limit, 1 for downwards; the tag. Replies {id, row, ...}. */
export const FIND = `
local set, tag, ids = ARGV[6] .. ARGV[1], ARGV[6], nil
if ARGV[5] == '1' then
  ids = redis.call('ZREVRANGEBYLEX', set, ARGV[3], ARGV[2], 'LIMIT', 0, ARGV[4])
else
  ids = redis.call('ZRANGEBYLEX', set, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
end
local told = {}
for _, id in ipairs(ids) do
  told[#told + 1] = id
  told[#told + 1] = redis.call('HGET', tag .. 'rows', id) or ''
end
return told`;

/** ARGV: chain, from, limit; the tag. Replies {id, row, ...}. */
export const LINKS = `
local tag, told = ARGV[4], {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', tag .. 'links:' .. ARGV[1], ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])) do
  told[#told + 1] = id
  told[#told + 1] = redis.call('HGET', tag .. 'rows', id) or ''
end
return told`;

/** ARGV: a hash; the tag; fields. Replies what stands there. */
export const FIELDS = `
local told = {}
for index = 3, #ARGV do told[#told + 1] = redis.call('HGET', ARGV[2] .. ARGV[1], ARGV[index]) or '' end
return told`;

/** ARGV: before, limit, the time of before in milliseconds; the tag. Replies how many went, and the bytes held. */
export const TRIM = `
local tag, bytes = ARGV[4], 0
local ids = redis.call('ZRANGEBYLEX', tag .. 'ids', '-', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local text = redis.call('HGET', tag .. 'rows', id)
  redis.call('ZREM', tag .. 'ids', id)
  if text then
    local row = cjson.decode(text)
    bytes = bytes + #text
    redis.call('ZREM', tag .. 'links:' .. row.chain, id)
    for _, column in ipairs(row.columns) do redis.call('ZREM', tag .. 'column:' .. column, id) end
    if row.key then
      local last = redis.call('ZSCORE', tag .. 'used', row.key)
      if not last or tonumber(last) < tonumber(ARGV[3]) then
        redis.call('HDEL', tag .. 'keys', row.key)
        redis.call('ZREM', tag .. 'used', row.key)
      end
    end
    redis.call('HDEL', tag .. 'rows', id)
  end
end
if bytes == 0 then return { #ids, tonumber(redis.call('HGET', tag .. 'state', 'bytes') or 0) } end
return { #ids, redis.call('HINCRBY', tag .. 'state', 'bytes', -bytes) }`;

/** The server's memory, as INFO tells it. */
export const MEMORY = `return redis.call('INFO', 'memory')`;
