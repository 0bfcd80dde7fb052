import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from '../order/lua-state.js';

/**
 * Drops the oldest that wait where an order is kept: parked, delayed, or not yet walked over. Of a lane the first goes first, the lanes in the order of their
 * oldest. KEYS as of all scripts of order/. ARGV: subscription, group, how many. Answers ids and deliveries, flat; or {'gone'}, {'mode'} where it is not laid out so.
 */
export const dropLanesScript: Script = script('drop-lanes', `${orderLua.tools}${orderLua.opening}${orderLua.state}
local most, waiting = tonumber(ARGV[3]), {}
local function add(id, key, kind, member) waiting[#waiting + 1] = { id = id, key = key, kind = kind, member = member } end
for _, key in ipairs(redis.call('ZRANGE', F, 0, most)) do
  if key ~= '' then
    local found, from = parkedOf(key, most)
    for _, member in ipairs(found) do add(dec(member, from), key, 'parked', member) end
  end
  if #waiting > 4 * most + 100 then break end
end
for _, id in ipairs(redis.call('ZRANGE', D, 0, 1000)) do
  local past = id ~= '' and pastOf(redis.call('HGET', A, id))
  if past then add(id, past.key, 'delayed') end
end
for _, entry in ipairs(redis.call('XRANGE', T, idAfter(cur), '+', 'COUNT', most)) do add(entry[1], nil, 'ahead') end
local function numbers(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
table.sort(waiting, function(left, right)
  local ms, seq = numbers(left.id)
  local otherMs, otherSeq = numbers(right.id)
  if ms ~= otherMs then return ms < otherMs end
  return seq < otherSeq
end)
local answer, lanes, upTo = {}, {}, nil
for n = 1, math.min(most, #waiting) do
  local item = waiting[n]
  local past = pastOf(redis.call('HGET', A, item.id))
  local fields = bodyOf(item.id, past) or {}
  answer[#answer + 1] = find(fields, 'i') or item.id
  answer[#answer + 1] = past and past.a or 0
  if item.kind == 'ahead' then upTo = item.id
  else
    local h = hold(item.key)
    if item.kind == 'parked' then
      redis.call('ZREM', P, item.member)
      h.p = h.p - 1
    else
      redis.call('ZREM', D, item.id)
      h.d = h.d - 1
    end
    forget(item.id, past)
    change(item.key, h)
    lanes[item.key] = h
  end
end
for key, h in pairs(lanes) do
  raiseFloor(key, h)
  if h.n == 0 and h.d == 0 and h.p > 0 then offer(key, at) end
  if h.p == 0 then redis.call('ZREM', Q, key) end
end
saveHolds()
ring()
if upTo then
  redis.call('HSET', M, 'cur', upTo)
  redis.call('XGROUP', 'SETID', T, group, upTo)
end
return answer`);
