import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';

/** `latestReason(fields)`: of the last death. Needs `find`. */
export const latestReason = `
local function latestReason(fields)
  local deaths = find(fields, 'd')
  local ok, all = pcall(cjson.decode, '[' .. (deaths or '') .. ']')
  local last = ok and all[#all]
  return last and last.reason
end`;

/** A page of dead letters, the oldest death first. KEYS: dead, dead-body. ARGV: from score, to score, skip, count, '1' with a reason, reason. Answers id, score, '1' where it fits, … */
export const listDeadScript: Script = script('list-dead', `${lua.find}${lua.pack}${latestReason}
local rows, answer = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', ARGV[3], ARGV[4]), {}
for n = 1, #rows, 2 do
  local fits = rows[n] ~= ''
  if fits and ARGV[5] == '1' then
    local packed = redis.call('HGET', KEYS[2], rows[n])
    fits = packed and latestReason(unpacked(packed)) == ARGV[6]
  end
  answer[#answer + 1] = rows[n]; answer[#answer + 1] = rows[n + 1]; answer[#answer + 1] = fits and '1' or '0'
end
return answer`);

/** When each of some dead letters died. KEYS: dead. ARGV: ids. Answers scores, nil where it is none. */
export const deathTimesScript: Script = script('death-times', `
local scores = {}
for n, id in ipairs(ARGV) do scores[n] = id ~= '' and redis.call('ZSCORE', KEYS[1], id) or false end
return scores`);

/** KEYS: dead-body. ARGV: ids. Answers the pairs of each, nil where it is gone. */
export const readDeadScript: Script = script('read-dead', `${lua.pack}
local found = {}
for n, id in ipairs(ARGV) do
  local packed = id ~= '' and redis.call('HGET', KEYS[1], id)
  found[n] = packed and unpacked(packed) or false
end
return found`);

/** Removes up to 500 of those that died until a time. KEYS: dead, dead-body. ARGV: time, or '' for now. Answers how many, and the time. */
export const purgeDeadScript: Script = script('purge-dead', `${lua.now}${lua.int}
local until_ = ARGV[1] ~= '' and ARGV[1] or int(now() + 1)
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. until_, 'LIMIT', 0, 500)
if #ids > 0 then
  redis.call('ZREM', KEYS[1], unpack(ids))
  redis.call('HDEL', KEYS[2], unpack(ids))
end
return { #ids, until_ }`);
