/**
 * What a script finds around it in Redis 7, on Lua 5.4: the `redis` table over the machine's own calls, Lua 5.1's
 * `unpack`, and neither files nor the names that only 5.4 has. A global that is not there is an error, as in Redis.
 */
export const PRELUDE = `
local call, pcall_redis, register = ...
redis = { call = call, pcall = pcall_redis }
function redis.register_function(name, callback)
  local flags = {}
  if type(name) == 'table' then
    flags, callback, name = name.flags or {}, name.callback, name.function_name
  end
  register(name, table.concat(flags, ' '), callback)
end
function redis.error_reply(text) return { err = text } end
function redis.status_reply(text) return { ok = text } end
function redis.log() end
redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3
unpack = table.unpack
for _, name in ipairs{ 'io', 'os', 'debug', 'package', 'require', 'utf8', 'coroutine', 'warn', 'print', 'dofile',
  'loadfile', 'load', 'rawlen', 'collectgarbage' } do _G[name] = nil end
table.pack, table.unpack, table.move, math.tointeger, math.type, math.ult = nil, nil, nil, nil, nil, nil
string.pack, string.unpack, string.packsize = nil, nil, nil
setmetatable(_G, {
  __index = function(_, name) error('Script attempted to access nonexistent global variable \\'' .. name .. '\\'', 2) end,
  __newindex = function(_, name) error('Attempt to modify a readonly table', 2) end,
})
`;
