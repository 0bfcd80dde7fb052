import { script, type Script } from '../../connection/script.js';
import { pieces } from './pieces.js';

/**
 * Reads no more than so many of several streams together, the first stream first. Only where a script may XREADGROUP (6.2).
 * KEYS: open, then the streams. ARGV: group, consumer, how many. Answers as XREADGROUP does.
 */
export const takeScript: Script = script('take', `${pieces.gate}
local refused = shut(KEYS[1])
if refused then return refused end
local out, left = {}, tonumber(ARGV[3])
for key = 2, #KEYS do
  if left == 0 then break end
  local found = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', left, 'STREAMS', KEYS[key], '>')
  if found and found[1] then
    out[#out + 1] = found[1]
    left = left - #found[1][2]
  end
end
return out`);
