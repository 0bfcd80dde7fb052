import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';

/** A consumer leaves. Where it holds nothing, it is forgotten; what it holds lapses by itself, and the sweep forgets it then. KEYS as ever; ARGV: subscription, group, consumer. */
export const leaveScript: Script = script('order-leave', `
local group, consumer = ARGV[2], ARGV[3]
local STATE, SEEN, W = KEYS[8], KEYS[9], KEYS[17]
local asked = redis.call('HGET', STATE, 'room')
if asked and string.match(asked, '^%d+|(.*)$') == consumer then
  redis.call('HDEL', STATE, 'room')
  redis.call('XADD', W, 'MAXLEN', '~', '100', '*', 'w', '')
end
redis.call('ZREM', SEEN, consumer)
local streams = { KEYS[1], KEYS[3], KEYS[4] }
for _, stream in ipairs(streams) do
  local held = redis.pcall('XPENDING', stream, group, '-', '+', 1, consumer)
  if held.err or #held > 0 then return 0 end
end
for _, stream in ipairs(streams) do redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer) end
redis.call('HDEL', STATE, 'o:' .. consumer, 'O:' .. consumer)
return 1`);
