import { script, type Script } from '../../connection/script.js';
import { lua } from '../../scripts/prelude.js';

/**
 * Prolongs what the consumer still holds; answers the places of what it does not. JUSTID leaves the count, which is the fence, as it is.
 * KEYS: seen, then the streams. ARGV: group, consumer, `1` while it is attached; for each stream how many, first and last id, then the ids.
 */
export const renewScript: Script = script('renew', `${lua.now}${lua.int}${lua.holdings}
local group, consumer = ARGV[1], ARGV[2]
local lost, at, place = {}, 4, 0
for key = 2, #KEYS do
  local stream, count = KEYS[key], tonumber(ARGV[at])
  local held = holdings(stream, group, consumer, ARGV[at + 1], ARGV[at + 2])
  at = at + 3
  local ids = {}
  for n = at, at + count - 1 do
    if held[ARGV[n]] then ids[#ids + 1] = ARGV[n] else lost[#lost + 1] = place end
    place = place + 1
  end
  at = at + count
  for from = 1, #ids, 1000 do
    local claim = { 'XCLAIM', stream, group, consumer, 0, unpack(ids, from, math.min(#ids, from + 999)) }
    claim[#claim + 1] = 'JUSTID'
    redis.call(unpack(claim))
  end
end
if ARGV[3] == '1' then redis.pcall('ZADD', KEYS[1], int(now()), consumer) end
return lost`);
