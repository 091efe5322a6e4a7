/**
 * The archive on Redis: everything under one hash tag, so that one script is one step. Ids are written with 19 digits, so that
 * they sort as text.
 *
 *     rows     hash: id → the row as JSON, with what it is found by
 *     ids      sorted set, by text: all ids
 *     links    sorted set a chain: ids by their link
 *     column   sorted set a value: ids
 *     heads    hash: chain → link and hash
 *     keys     hash: name → the key that seals what entries say of a person, or {@link FORGOTTEN}
 *     floors   hash: chain → link and hash of the last entry that was let go
 *     state    hash: bytes held, entries that the bound let go
 */
export const RECORD_TAG = '{sg:0}record:';

/**
 * ARGV: the tag, the chain, behind which head, the new head, how many of each follow; rows as {id, row, link}; keys as {name, key}; columns
 * as {column, how many ids, ids}. Replies the bytes held, or -1 where the head is another, a row is there, or a key is another.
 */
export const ADD = `
local tag, chain = ARGV[1], ARGV[2]
if (redis.call('HGET', tag .. 'heads', chain) or '0 ') ~= ARGV[3] then return -1 end
local first_key = 8 + 3 * ARGV[5]
local first_column = first_key + 2 * ARGV[6]
local ids, rows, links, keys, bytes = {}, {}, {}, {}, 0
for at = 8, first_key - 1, 3 do
  local id, row = ARGV[at], ARGV[at + 1]
  if redis.call('HGET', tag .. 'rows', id) then return -1 end
  rows[#rows + 1], rows[#rows + 2] = id, row
  ids[#ids + 1], ids[#ids + 2] = 0, id
  links[#links + 1], links[#links + 2] = ARGV[at + 2], id
  bytes = bytes + #row
end
for at = first_key, first_column - 1, 2 do
  local there = redis.call('HGET', tag .. 'keys', ARGV[at])
  if there and there ~= ARGV[at + 1] then return -1 end
  if not there then keys[#keys + 1], keys[#keys + 2] = ARGV[at], ARGV[at + 1] end
end
local function write(command, key, values)
  for at = 1, #values, 1000 do redis.call(command, key, unpack(values, at, math.min(at + 999, #values))) end
end
write('HSET', tag .. 'rows', rows)
write('ZADD', tag .. 'ids', ids)
write('ZADD', tag .. 'links:' .. chain, links)
local at = first_column
for _ = 1, tonumber(ARGV[7]) do
  local found = {}
  for place = at + 2, at + 1 + ARGV[at + 1] do found[#found + 1], found[#found + 2] = 0, ARGV[place] end
  write('ZADD', tag .. 'column:' .. ARGV[at], found)
  at = at + 2 + ARGV[at + 1]
end
write('HSET', tag .. 'keys', keys)
redis.call('HSET', tag .. 'heads', chain, ARGV[4])
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

/** ARGV: the tag. Replies {chain, link and hash, ...}. */
export const HEADS = `
local chains, told = redis.call('HKEYS', ARGV[1] .. 'heads'), {}
for _, chain in ipairs(chains) do
  told[#told + 1] = chain
  told[#told + 1] = redis.call('HGET', ARGV[1] .. 'heads', chain)
end
return told`;

/** ARGV: a hash; the tag; fields. Replies what stands there. */
export const FIELDS = `
local told = {}
for index = 3, #ARGV do told[#told + 1] = redis.call('HGET', ARGV[2] .. ARGV[1], ARGV[index]) or '' end
return told`;

/** What stands in place of a key that was forgotten: no key is written so. */
export const FORGOTTEN = '-';

/**
 * ARGV[1] is JSON: keys, rows as they are without what a person was found by, what stands for a key that was forgotten; the tag.
 * A row never changes otherwise: it is there as it was read, or was let go.
 */
export const FORGET = `
local tag, a = ARGV[2], cjson.decode(ARGV[1])
local bytes = 0
for _, row in ipairs(a.rows) do
  local before = redis.call('HGET', tag .. 'rows', row.id)
  if before then
    redis.call('HSET', tag .. 'rows', row.id, row.row)
    bytes = bytes + #row.row - #before
    for _, column in ipairs(row.columns) do redis.call('ZREM', tag .. 'column:' .. column, row.id) end
  end
end
for _, name in ipairs(a.keys) do
  if redis.call('HGET', tag .. 'keys', name) then redis.call('HSET', tag .. 'keys', name, a.forgotten) end
end
if bytes ~= 0 then redis.call('HINCRBY', tag .. 'state', 'bytes', bytes) end
return 1`;

/** ARGV: before, limit; the tag. Replies how many went, and the bytes held. */
export const TRIM = `
local tag, bytes, gone, lowest = ARGV[3], 0, 0, {}
local function lookAt(chain)
  lowest[chain] = redis.call('ZRANGE', tag .. 'links:' .. chain, 0, 0)[1]
end
for _, chain in ipairs(redis.call('HKEYS', tag .. 'heads')) do lookAt(chain) end
while gone < tonumber(ARGV[2]) do
  local chain, id = nil, ARGV[1]
  for each, low in pairs(lowest) do
    if low < id then chain, id = each, low end
  end
  if not chain then break end
  local text = redis.call('HGET', tag .. 'rows', id)
  redis.call('ZREM', tag .. 'links:' .. chain, id)
  redis.call('ZREM', tag .. 'ids', id)
  if text then
    local row = cjson.decode(text)
    bytes = bytes + #text
    local isNeeded = false
    for _, column in ipairs(row.columns) do
      redis.call('ZREM', tag .. 'column:' .. column, id)
      if string.sub(column, 1, 7) == 'ticket:' then isNeeded = redis.call('EXISTS', tag .. 'column:' .. column) == 1 end
    end
    if not isNeeded then redis.call('HDEL', tag .. 'keys', row.key) end
    redis.call('HDEL', tag .. 'rows', id)
    redis.call('HSET', tag .. 'floors', chain, row.link .. ' ' .. row.hash)
  end
  gone = gone + 1
  lookAt(chain)
end
if gone == 0 then return { 0, tonumber(redis.call('HGET', tag .. 'state', 'bytes') or 0) } end
return { gone, redis.call('HINCRBY', tag .. 'state', 'bytes', -bytes) }`;
