import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from './lua-state.js';

/**
 * After the stream was deleted under a subscription: its group begins again where everything before is known to be settled, and what its companions say
 * of the lost stream goes, in the same step: a hold that stayed would block its key for ever. Nothing where the group is there. ARGV:
 * subscription, group. Answers 1 where it was made again.
 */
export const restoreScript: Script = script('order-restore', `${orderLua.tools}
local text = redis.call('HGET', SUBS, ARGV[1])
if not text then return 0 end
local record = cjson.decode(text)
local floor = redis.call('HGET', STATE, 'floor') or (record.eph == 1 and '$' or '0-0')
local made = redis.pcall('XGROUP', 'CREATE', T, ARGV[2], floor, 'MKSTREAM')
if made.err then return 0 end
if floor == '$' then
  local last = redis.call('XREVRANGE', T, '+', '-', 'COUNT', 1)[1]
  floor = last and last[1] or '0-0'
elseif not string.find(floor, '-', 1, true) then floor = floor .. '-0'
end
local function clear(key, command, names)
  for at = 1, #names do
    if names[at] ~= '' then redis.call(command, key, names[at]) end
  end
end
for _, key in ipairs({ P, Q, F, D }) do clear(key, 'ZREM', redis.call('ZRANGE', key, 0, -1)) end
for _, id in ipairs(redis.call('HKEYS', A)) do redis.call('HDEL', HELD, id) end
for _, key in ipairs({ H, A }) do
  clear(key, 'HDEL', redis.call('HKEYS', key))
  redis.call('HSET', key, '', string.rep('-', 80))
end
redis.call('HSET', HELD, '', '')
for _, key in ipairs({ P, Q, F, D }) do redis.call('ZADD', key, key == P and 0 or '+inf', '') end
redis.call('HSET', M, 'mode', record.p['or'], 'cur', floor)
redis.call('HINCRBY', M, 'epoch', 1)
redis.call('XADD', W, 'MAXLEN', '~', '100', '*', 'w', '')
return 1`);
