import { script, type Script } from '../../connection/script.js';

/**
 * What a consumer holds by the server's account, which may be more than it knows of: an answer was lost on its way.
 * KEYS: streams. ARGV: group, consumer. Answers a list of ids for each stream.
 */
export const auditScript: Script = script('audit', `
local out = {}
for key = 1, #KEYS do
  local ids = {}
  for n, row in ipairs(redis.call('XPENDING', KEYS[key], ARGV[1], '-', '+', 20000, ARGV[2])) do ids[n] = row[1] end
  out[key] = ids
end
return out`);

/**
 * A consumer leaves: it goes from each group in which it holds nothing (what a deleted consumer holds would be lost), and is seen no more.
 * KEYS: state, seen, then the streams. ARGV: group, consumer. Answers 1 where it still holds something.
 */
export const leaveScript: Script = script('leave', `
local group, consumer = ARGV[1], ARGV[2]
local holds = 0
redis.call('HDEL', KEYS[1], 'c:' .. consumer)
redis.call('ZREM', KEYS[2], consumer)
for key = 3, #KEYS do
  if #redis.call('XPENDING', KEYS[key], group, '-', '+', 1, consumer) > 0 then holds = 1
  else redis.call('XGROUP', 'DELCONSUMER', KEYS[key], group, consumer) end
end
return holds`);
