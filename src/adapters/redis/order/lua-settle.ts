/**
 * Ends leases. One XPENDING tells what the consumer holds in the main stream, and is the fence: owner and delivery count must match. Acks go
 * first, in one XACK: so a full memory refuses nothing (the guard looks at the first write only). Everything else is done one by one, and
 * acknowledged only once the message lies where it belongs.
 */
export const settleLua = `
local results, touched = {}, {}
local function touch(key)
  touched[#touched + 1] = key
end
local function laneOf(tag, id)
  if policy['or'] == 'strict' then return 's' end
  if tag == 'u' then return 'u' .. id end
  return tag
end
local function outOfHand(key)
  local h = hold(key)
  if h.n > 0 then
    h.n = h.n - 1
    if h.n == 0 then
      h.o = ''
      h.w = 0
    end
    change(key, h)
  end
  if h.p > 0 then touch(key) end
  return h
end
local streams = { m = T, r = RETRY, s = SOLO }

-- What came back: parked in its old place, or delayed.
local function comeBack(item, past, delay)
  local h = outOfHand(item.lane)
  savePast(item.place, past)
  if delay <= 0 then
    parkNow(item.lane, h, item.place, past.h)
    touch(item.lane)
    return
  end
  if not past.h then lowerFloor(item.lane, item.place, h) end
  h.d = h.d + 1
  change(item.lane, h)
  local due = at + delay
  local first = redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')
  redis.call('ZADD', D, int(due), item.place)
  if not first[2] or tonumber(first[2]) > due then rang = true end
end

local function kept(item, past)
  if item.stream == 'm' then return end
  past.h = true
  if redis.call('HEXISTS', HELD, item.place) == 0 then redis.call('HSET', HELD, item.place, pack(item.fields)) end
end

local function giveUp(item)
  local known = pastOf(redis.call('HGET', A, item.place))
  local past = known or { a = 0, leaks = 0, l = item.stream ~= 'm' and find(item.fields, 'l') == '1', h = false, key = '' }
  past.key = item.lane
  past.a = item.deliveries
  local spent = item.deliveries >= policy.md
  if item.op == 'l' then
    past.a = item.deliveries - 1
    kept(item, past)
    comeBack(item, past, 0)
    if past.a == 0 and not past.l and not past.h then redis.call('HDEL', A, item.place) end
    return nil
  end
  if item.op == 'k' then
    past.leaks = past.leaks + 1
    past.l = true
  end
  if item.op == 'd' or spent then
    local fields = item.fields or bodyOf(item.place, known)
    if not fields then
      outOfHand(item.lane)
      forget(item.place, known)
      return 'gone'
    end
    local reason = item.op == 'd' and item.reason or (item.op == 'k' and past.leaks >= past.a and '"NeverStarted"' or '"MaxDeliveries"')
    local outcome = die(fields, item.place, past.a, past.l, reason, item.rest, true)
    outOfHand(item.lane)
    forget(item.place, known)
    if item.op == 'd' and outcome == 'dead-lettered' then return nil end
    return outcome
  end
  local delay = 0
  if item.op == 't' then
    delay = tonumber(item.delay)
    if not delay then delay = policy.rb[math.min(item.deliveries, #policy.rb)] or 0 end
  end
  kept(item, past)
  comeBack(item, past, delay)
  return nil
end

local function ackAll(ids)
  for first = 1, #ids, 4000 do redis.call('XACK', T, group, unpack(ids, first, math.min(first + 3999, #ids))) end
end

local function settleItems(from)
  if from > #ARGV then return end
  local held = holdings(T, group, consumer, '-', '+')
  local acks, tries, others, lanes, index = {}, {}, {}, {}, 0
  local n = from
  while n <= #ARGV do
    local op, id, count, tag = ARGV[n], ARGV[n + 1], tonumber(ARGV[n + 2]), ARGV[n + 3]
    if op == 'a' then
      if held[id] ~= count then results[#results + 1] = { index, 'lost' }
      else
        held[id] = nil
        acks[#acks + 1] = id
        lanes[#lanes + 1] = laneOf(tag, id)
        if count > 1 then tries[#tries + 1] = id end
      end
      n = n + 4
    else
      others[#others + 1] = { index = index, op = op, id = id, count = count, tag = tag, stream = ARGV[n + 4], deliveries = tonumber(ARGV[n + 5]), delay = ARGV[n + 6], reason = ARGV[n + 7], rest = ARGV[n + 8] }
      n = n + 9
    end
    index = index + 1
  end
  -- The first write, whatever comes: one that frees memory.
  if #acks > 0 then ackAll(acks) else redis.call('XACK', T, group, '0-1') end
  loadHolds(lanes)
  for _, lane in ipairs(lanes) do outOfHand(lane) end
  many('HDEL', A, tries)
  for _, item in ipairs(others) do
    local stream = streams[item.stream]
    item.place = item.id
    if item.stream ~= 'm' then
      held[item.id] = holdings(stream, group, consumer, item.id, item.id)[item.id]
      item.fields = one(stream, item.id)
      if item.fields then item.place = placeOf(item.fields, find(item.fields, 'i') or '') end
    end
    if held[item.id] ~= item.count or (item.stream ~= 'm' and not item.fields) then results[#results + 1] = { item.index, 'lost' }
    else
      held[item.id] = nil
      item.lane = laneOf(item.tag, item.place)
      local outcome
      if item.op == 'A' then
        outOfHand(item.lane)
        forget(item.place, pastOf(redis.call('HGET', A, item.place)) or { h = true })
      else
        local h = hold(item.lane)
        local before = { h.n, h.p, h.d, h.w, h.o }
        local ok, answer = pcall(giveUp, item)
        if ok then outcome = answer
        else
          -- It stays leased, so it stays counted.
          h.n, h.p, h.d, h.w, h.o = unpack(before)
          outcome = 'failed:' .. (type(answer) == 'table' and answer.err or tostring(answer))
        end
      end
      if outcome and string.sub(outcome, 1, 7) == 'failed:' then results[#results + 1] = { item.index, outcome }
      else
        redis.call('XACK', stream, group, item.id)
        if item.stream ~= 'm' then redis.call('XDEL', stream, item.id) end
        if outcome then results[#results + 1] = { item.index, outcome == 'gone' and 'lost' or outcome } end
      end
    end
  end
end`;
