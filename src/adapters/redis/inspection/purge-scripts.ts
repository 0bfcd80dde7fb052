import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from '../order/lua-state.js';
import { upkeep } from '../publish/upkeep-lua.js';
import { lua } from '../scripts/prelude.js';
import { inspectionLua } from './lua.js';

/**
 * A subscription has seen everything that is in the stream by now. KEYS: stream, state, and in order its cursor. ARGV: group, token of this purge. Answers from
 * which id to which it had not, so also when it is sent again; nil where the group is gone.
 */
export const skipScript: Script = script('purge-skip', `${inspectionLua.groupOf}
local known = redis.call('HGET', KEYS[2], 'purge')
local token, from, to = string.match(known or '', '^(.*)|(.*)|(.*)$')
if token == ARGV[2] then return { from, to } end
local group = groupOf(KEYS[1], ARGV[1])
if not group then return nil end
from = group['last-delivered-id']
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for n = 1, #info, 2 do if info[n] == 'last-generated-id' then to = info[n + 1] end end
redis.call('HSET', KEYS[2], 'purge', ARGV[2] .. '|' .. from .. '|' .. to)
redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], to)
if KEYS[3] and redis.call('HEXISTS', KEYS[3], 'cur') == 1 then redis.call('HSET', KEYS[3], 'cur', to) end
return { from, to }`);

/** Removes copies that are in nobody's hands. KEYS: retry or solo. ARGV: group, id or '-'. Answers {where to go on, message id, entry id or '', …}. */
export const purgeCopiesScript: Script = script('purge-copies', `${lua.int}${lua.find}${upkeep.ids}${inspectionLua.eachBehind}
local ids, names = {}, {}
local _, more = eachBehind(KEYS[1], ARGV[2], 500, function(id, fields)
  ids[#ids + 1] = id
  names[id] = { find(fields, 'i') or '', find(fields, 'o') or '' }
end)
local held, answer = {}, { more }
if #ids > 0 then
  for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ids[1], ids[#ids], 1000)) do held[row[1]] = true end
end
for _, id in ipairs(ids) do
  if not held[id] then
    redis.call('XDEL', KEYS[1], id)
    answer[#answer + 1] = names[id][1]
    answer[#answer + 1] = names[id][2]
  end
end
return answer`);

/** Removes delayed copies. KEYS: delayed, held. Answers {'1' where there may be more, message id, '', …}. */
export const purgeDelayedScript: Script = script('purge-delayed', `
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(+inf', 'LIMIT', 0, 500)
local answer = { #ids == 500 and '1' or '' }
if #ids > 0 then
  redis.call('ZREM', KEYS[1], unpack(ids))
  redis.call('HDEL', KEYS[2], unpack(ids))
end
for _, id in ipairs(ids) do answer[#answer + 1] = id; answer[#answer + 1] = '' end
return answer`);

/** Removes what an ordered subscription has parked or delayed, and frees the keys. KEYS as of all scripts of order/. ARGV: subscription, group. Answers {'1' where there may be more, '', entry id, …}, or {'gone'}, {'mode'} where it is not laid out so. */
export const purgeLanesScript: Script = script('purge-lanes', `${orderLua.tools}${orderLua.opening}${orderLua.state}
local answer, lanes = { '' }, {}
local function laneIn(member)
  local lane = string.sub(member, 1, string.find(member, '%z') - 1)
  return (string.gsub(string.gsub(lane, '\\1\\1', '%z'), '\\1\\2', '\\1'))
end
local function left(lane, id)
  forget(id, pastOf(redis.call('HGET', A, id)))
  lanes[lane] = true
  answer[#answer + 1] = ''
  answer[#answer + 1] = id
end
local parked, seen = redis.call('ZRANGEBYLEX', P, '(', '+', 'LIMIT', 0, 500), {}
for _, member in ipairs(parked) do
  local lane, from = laneIn(member), string.find(member, '%z') + 1
  local h = hold(lane)
  h.p = math.max(0, h.p - 1)
  change(lane, h)
  left(lane, dec(member, from))
end
many('ZREM', P, parked)
local due = #parked < 500 and redis.call('ZRANGEBYSCORE', D, '-inf', '(+inf', 'LIMIT', 0, 500) or {}
for _, id in ipairs(due) do
  local past = pastOf(redis.call('HGET', A, id))
  local lane = past and past.key or ''
  local h = hold(lane)
  h.d = math.max(0, h.d - 1)
  change(lane, h)
  left(lane, id)
end
many('ZREM', D, due)
for lane in pairs(lanes) do
  local h = hold(lane)
  if h.p == 0 and h.d == 0 then h.w = 0 end
  raiseFloor(lane, h)
  if h.p == 0 then redis.call('ZREM', Q, lane)
  elseif h.n == 0 and h.d == 0 then offer(lane, at) end
end
saveHolds()
rang = true
ring()
if #parked == 500 or #due == 500 then answer[1] = '1' end
return answer`);

/**
 * A page of what was skipped: counts it for each group, and removes what nobody holds. KEYS: stream. ARGV: id, last id, how many groups, of each its
 * name, from which id and to which; then entry ids that stay. Answers {where to go on, how many}.
 */
export const sweepSkippedScript: Script = script('purge-skipped', `${lua.int}${lua.find}${upkeep.ids}${inspectionLua.eachBehind}
local groups, stays, ids, count = {}, {}, {}, 0
for n = 1, tonumber(ARGV[3]) do groups[n] = { name = ARGV[3 * n + 1], from = ARGV[3 * n + 2], to = ARGV[3 * n + 3] } end
for n = 3 * #groups + 4, #ARGV do stays[ARGV[n]] = true end
local isOver = false
local _, more = eachBehind(KEYS[1], ARGV[1], 500, function(id, fields)
  if isBefore(ARGV[2], id) then
    isOver = true
    return
  end
  ids[#ids + 1] = id
  if stays[id] or (#fields > 2 and stays[find(fields, 'i') or '']) then stays[id] = true end
end)
for _, group in ipairs(groups) do
  local isNone = #ids == 0
  if not isNone then
    for _, row in ipairs(redis.call('XPENDING', KEYS[1], group.name, ids[1], ids[#ids], 1000)) do stays[row[1]] = true end
  end
  for _, id in ipairs(ids) do
    if isBefore(group.from, id) and not isBefore(group.to, id) then count = count + 1 end
  end
end
for _, id in ipairs(ids) do
  if not stays[id] then redis.call('XDEL', KEYS[1], id) end
end
return { isOver and '' or more, count }`);

/** Removes entries that nobody holds. KEYS: stream. ARGV: how many groups, these, entry ids. */
export const dropEntriesScript: Script = script('purge-entries', `
local groups = tonumber(ARGV[1])
for n = groups + 2, #ARGV do
  local isHeld = false
  for at = 2, groups + 1 do
    if #redis.call('XPENDING', KEYS[1], ARGV[at], ARGV[n], ARGV[n], 1) > 0 then isHeld = true end
  end
  if not isHeld then redis.call('XDEL', KEYS[1], ARGV[n]) end
end
return 1`);
