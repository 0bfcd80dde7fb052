import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { orderLua } from './lua-state.js';

/**
 * Lays the messages of a subscription where its stored order asks for them: into lanes, from one kind of lanes into another, or out of them.
 * One step, so that nobody sees half of it; it costs a few microseconds for each message that waits outside the stream, and is asked for when somebody
 * changes the order. ARGV: subscription, group. Answers 'gone', 'same' or 'done'. What is leased stays leased; where several consumers hold
 * messages of one key, nobody gets more of it until all are back.
 */
export const convertScript: Script = script('order-convert', `${orderLua.tools}
local DELAYED = KEYS[18]
local text = redis.call('HGET', SUBS, ARGV[1])
if not text then return 'gone' end
local record = cjson.decode(text)
local policy = record.p
local group = ARGV[2]
local at = now()
${orderLua.state}
local known = redis.call('HMGET', M, 'mode', 'cur', 'epoch')
local from, to = known[1] or 'none', policy['or']
if from == to and (to == 'none' or known[2]) then return 'same' end

local function lastDelivered(stream)
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if find(flat, 'name') == group then return find(flat, 'last-delivered-id') end
  end
  return '0-0'
end
local function deliveriesOf(fields) return tonumber(find(fields, 'a') or '0') or 0 end

local waiting, delayed = {}, {}
local function found(list, place, fields, past, due)
  if fields then list[#list + 1] = { place = place, fields = fields, past = past, due = due } end
end
local function ofCopy(fields)
  return { a = deliveriesOf(fields), leaks = tonumber(find(fields, 'n') or '0') or 0, l = find(fields, 'l') == '1', h = true }
end
local kept = {}
if from == 'none' then
  for _, stream in ipairs({ RETRY, SOLO }) do
    local last = lastDelivered(stream)
    for _, entry in ipairs(redis.call('XRANGE', stream, idAfter(last), '+')) do
      found(waiting, placeOf(entry[2], find(entry[2], 'i') or ''), entry[2], ofCopy(entry[2]))
      redis.call('XGROUP', 'SETID', stream, group, entry[1])
      redis.call('XDEL', stream, entry[1])
    end
  end
  local due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', '(+inf', 'WITHSCORES')
  for n = 1, #due, 2 do
    local packed = redis.call('HGET', HELD, due[n])
    if packed then
      local fields = unpacked(packed)
      found(delayed, placeOf(fields, due[n]), fields, ofCopy(fields), due[n + 1])
      redis.call('HDEL', HELD, due[n])
    end
    redis.call('ZREM', DELAYED, due[n])
  end
else
  for _, member in ipairs(redis.call('ZRANGE', P, 0, -1)) do
    if member ~= '' then
      local id = dec(member, string.find(member, '\\0', 1, true) + 1)
      local past = pastOf(redis.call('HGET', A, id))
      found(waiting, id, bodyOf(id, past), past or { a = 0, leaks = 0, l = false, h = false })
      redis.call('ZREM', P, member)
    end
  end
  local due = redis.call('ZRANGEBYSCORE', D, '-inf', '(+inf', 'WITHSCORES')
  for n = 1, #due, 2 do
    local past = pastOf(redis.call('HGET', A, due[n])) or { a = 1, leaks = 0, l = false, h = false }
    found(delayed, due[n], bodyOf(due[n], past), past, due[n + 1])
    redis.call('ZREM', D, due[n])
  end
  for _, item in ipairs({ waiting, delayed }) do
    for _, one_ in ipairs(item) do redis.call('HDEL', A, one_.place) end
  end
end
local function clearHash(key)
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if name ~= '' then redis.call('HDEL', key, name) end
  end
end
local function sentinels()
  for _, key in ipairs({ P, Q, F, D }) do redis.call('ZADD', key, key == P and 0 or '+inf', '') end
  -- A value this long keeps a hash from being a list, in which every look is a walk.
  for _, key in ipairs({ H, A }) do redis.call('HSET', key, '', string.rep('-', 80)) end
  if redis.call('EXISTS', W) == 0 then redis.call('XADD', W, '*', 'w', '') end
end
sentinels()
clearHash(H)
redis.call('ZREMRANGEBYSCORE', Q, '-inf', '(+inf')
redis.call('ZREMRANGEBYSCORE', F, '-inf', '(+inf')
table.sort(waiting, function(left, right) return enc(left.place) < enc(right.place) end)

if to == 'none' then
  local function copied(item)
    local out = copy(item.fields, item.place, storedAt(item.place), item.past.a, item.past.l)
    if item.past.leaks > 0 then
      out[#out + 1] = 'n'
      out[#out + 1] = int(item.past.leaks)
    end
    redis.call('HDEL', HELD, item.place)
    return out
  end
  for _, item in ipairs(waiting) do
    local isLast = item.past.l and policy.md > 1 and item.past.a >= policy.md - 1
    redis.call('XADD', isLast and SOLO or RETRY, '*', unpack(copied(item)))
  end
  for _, item in ipairs(delayed) do
    local out = copied(item)
    local id = find(out, 'i')
    redis.call('HSET', HELD, id, pack(out))
    redis.call('ZADD', DELAYED, item.due, id)
  end
  for _, id in ipairs(redis.call('HKEYS', A)) do
    if id ~= '' then
      local past = pastOf(redis.call('HGET', A, id))
      if past and past.h then redis.call('HDEL', HELD, id) end
    end
  end
  clearHash(A)
  redis.call('HDEL', M, 'mode', 'cur')
else
  local function laneOf(fields, place)
    if to == 'strict' then return 's' end
    local key = find(fields, 'k')
    return key and 'k' .. key or 'u' .. place
  end
  for _, stream in ipairs({ T, RETRY, SOLO }) do
    for _, row in ipairs(redis.call('XPENDING', stream, group, '-', '+', 1000000)) do
      local fields = one(stream, row[1])
      if fields then
        local lane = laneOf(fields, stream == T and row[1] or placeOf(fields, find(fields, 'i') or ''))
        local h = hold(lane)
        h.n = h.n + 1
        if h.n == 1 then h.o = row[2]
        elseif h.o ~= row[2] then
          h.o = ''
          h.w = 1
        end
        change(lane, h)
      end
    end
  end
  local function settled(item, lane)
    item.past.key = lane
    if item.past.h then redis.call('HSET', HELD, item.place, pack(item.fields)) end
    if item.past.a > 0 or item.past.h or item.due then savePast(item.place, item.past) end
  end
  for _, item in ipairs(waiting) do
    local lane = laneOf(item.fields, item.place)
    settled(item, lane)
    parkNow(lane, hold(lane), item.place, item.past.h)
  end
  for _, item in ipairs(delayed) do
    local lane = laneOf(item.fields, item.place)
    local h = hold(lane)
    settled(item, lane)
    if not item.past.h then lowerFloor(lane, item.place, h) end
    h.d = h.d + 1
    change(lane, h)
    redis.call('ZADD', D, item.due, item.place)
  end
  for lane, h in pairs(holds) do
    if h.n == 0 and h.d == 0 and h.p > 0 then offer(lane, at) end
  end
  saveHolds()
  redis.call('HSET', M, 'mode', to, 'cur', from == 'none' and lastDelivered(T) or known[2], 'epoch', known[3] or int(at), 'since', int(at))
end
rang = true
ring()
return 'done'`);
