import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from './lua-state.js';

/**
 * Looks over a page of holds and puts right what does not fit the messages: a script that stopped half-way (a foreign type at one of the keys, say) must not
 * block a key for ever. ARGV: subscription, group, cursor over the holds, cursor over the floor. Answers 'ok', both cursors ('0': through), how many were
 * put right; or why nothing was done. Holds of a large number of leases are only compared with whether their holder has any lease at all.
 */
export const auditScript: Script = script('order-audit', `${orderLua.tools}
${orderLua.opening}${orderLua.state}
local exact, inHand, holders, waits = true, {}, {}, {}
local function laneOf(fields, place)
  if policy['or'] == 'strict' then return 's' end
  local key = find(fields, 'k')
  return key and 'k' .. key or 'u' .. place
end
for _, stream in ipairs({ T, RETRY, SOLO }) do
  local rows = redis.call('XPENDING', stream, group, '-', '+', 1000)
  if #rows == 1000 then exact = false end
  if exact then
    for _, row in ipairs(rows) do
      local fields = one(stream, row[1])
      if fields then
        local lane = laneOf(fields, stream == T and row[1] or placeOf(fields, find(fields, 'i') or ''))
        inHand[lane] = (inHand[lane] or 0) + 1
      end
    end
  end
end
local due = redis.call('ZRANGE', D, 0, 1000)
local exactDue = #due <= 1000
if exactDue then
  for _, id in ipairs(due) do
    local past = id ~= '' and pastOf(redis.call('HGET', A, id))
    if past then waits[past.key] = (waits[past.key] or 0) + 1 end
  end
end
local function hasLeases(consumer)
  if holders[consumer] == nil then
    holders[consumer] = false
    for _, stream in ipairs({ T, RETRY, SOLO }) do
      if #redis.call('XPENDING', stream, group, '-', '+', 1, consumer) > 0 then holders[consumer] = true end
    end
  end
  return holders[consumer]
end
local repaired = 0
local function check(key)
  local h = hold(key)
  local prefix = prefixOf(key)
  local n, d = h.n, h.d
  local p = redis.call('ZLEXCOUNT', P, '[' .. prefix, '(' .. string.sub(prefix, 1, -2) .. '\\1')
  -- A fresh message without a key needs no hold.
  if exact and (string.sub(key, 1, 1) ~= 'u' or n > 0) then n = inHand[key] or 0
  elseif n > 0 and h.o ~= '' and not hasLeases(h.o) then n = 0 end
  if exactDue then d = waits[key] or 0 end
  if n ~= h.n or p ~= h.p or d ~= h.d then
    if n ~= h.n then
      -- Nobody gets more of it until what is in hand is back.
      h.o = ''
      h.w = n > 0 and 1 or 0
    end
    h.n, h.p, h.d = n, p, d
    change(key, h)
    repaired = repaired + 1
  end
  if h.n == 0 and h.d == 0 and h.p > 0 and not redis.call('ZSCORE', Q, key) then
    offer(key, at)
    repaired = repaired + 1
  end
  if h.p == 0 and h.d == 0 then redis.call('ZREM', F, key) end
end
local page = redis.call('HSCAN', H, ARGV[3], 'COUNT', 100)
for n = 1, #page[2], 2 do
  if page[2][n] ~= '' then check(page[2][n]) end
end
local floors = redis.call('ZSCAN', F, ARGV[4], 'COUNT', 100)
for n = 1, #floors[2], 2 do
  if floors[2][n] ~= '' then check(floors[2][n]) end
end
-- What a consumer that is no more has left of its turns.
local turns = redis.call('HSCAN', STATE, ARGV[3], 'MATCH', 'o:*', 'COUNT', 100)
for n = 1, #turns[2], 2 do
  local consumer = string.sub(turns[2][n], 3)
  if not redis.call('ZSCORE', SEEN, consumer) and not hasLeases(consumer) then redis.call('HDEL', STATE, 'o:' .. consumer, 'O:' .. consumer) end
end
saveHolds()
ring()
return { 'ok', page[1], floors[1], repaired }`);
