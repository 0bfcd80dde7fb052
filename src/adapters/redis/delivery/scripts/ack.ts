import { script, type Script } from '../../connection/script.js';
import { lua } from '../../scripts/prelude.js';
import { pieces } from './pieces.js';

/**
 * The hot path: acknowledges what the consumer still holds, names only the keys it needs, and answers the places of what was lost, joined by commas.
 * KEYS: state, open, then the streams. ARGV: group, consumer, number of the call; for each stream `1` for copies, how many, the first and the last id, then the ids.
 */
export const ackScript: Script = script('ack', `${lua.holdings}${pieces.slot}${pieces.gate}
local group, consumer, seq = ARGV[1], ARGV[2], ARGV[3]
local before, refused = answered(KEYS[1], consumer, seq)
if before or refused then return before or refused end
refused = shut(KEYS[2])
if refused then return refused end
local lost, at, place = {}, 4, 0
for key = 3, #KEYS do
  local stream, copies, count = KEYS[key], ARGV[at] == '1', tonumber(ARGV[at + 1])
  local held = holdings(stream, group, consumer, ARGV[at + 2], ARGV[at + 3])
  at = at + 4
  local ids = {}
  for n = at, at + count - 1 do
    local id = ARGV[n]
    if held[id] == 1 then ids[#ids + 1] = id else lost[#lost + 1] = place end
    place = place + 1
  end
  at = at + count
  for from = 1, #ids, 1000 do
    local to = math.min(#ids, from + 999)
    redis.call('XACK', stream, group, unpack(ids, from, to))
    if copies then redis.call('XDEL', stream, unpack(ids, from, to)) end
  end
end
local answer = table.concat(lost, ',')
remember(KEYS[1], consumer, seq, answer)
return answer`);
