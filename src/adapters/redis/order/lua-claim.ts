/**
 * Hands out, in this order: what was touched in this turn, keys that are free with something parked, then fresh messages behind the cursor. Each
 * message of the stream is walked over once, whatever is blocked: what is behind a held key is parked outside the pending list.
 */
export const claimLua = `
local takes, fresh, gone, wasAlone = {}, {}, 0, false
-- An answer of many large bodies would keep the server from everybody else.
local bytes, mostBytes = 0, 4000000
local function isFull() return #takes >= credit or bytes >= mostBytes end
local lonely = 1000000000000000
local function take(stream, id, deliveries, count, fields, isolated, lane, h)
  bytes = bytes + #fields[2]
  -- The commonest, a first delivery, is told as short as can be.
  takes[#takes + 1] = deliveries == 1 and stream == 'm' and not isolated and { id, fields } or { id, fields, stream, deliveries, count, isolated and 1 or 0 }
  if not h then return end
  h.n = h.n + 1
  h.o = consumer
  change(lane, h)
end
local function lease(id, past, fields, isolated, lane, h)
  if not past or (past.a == 0 and not past.h) then
    fresh[#fresh + 1] = id
    take('m', id, 1, 1, fields, isolated, lane, h)
  elseif past.h then
    -- Its entry may be gone from the stream, so that the lease lies on a copy.
    local out = copy(fields, id, storedAt(id), past.a, past.l)
    if find(out, 'i') ~= id and not find(out, 'o') then out[#out + 1] = 'o'; out[#out + 1] = id end
    local carrier = redis.call('XADD', RETRY, '*', unpack(out))
    redis.call('XCLAIM', RETRY, group, consumer, 0, carrier, 'FORCE', 'JUSTID', 'RETRYCOUNT', 1)
    redis.call('XGROUP', 'SETID', RETRY, group, carrier)
    take('r', carrier, past.a + 1, 1, out, isolated, lane, h)
  else
    redis.call('XCLAIM', T, group, consumer, 0, id, 'FORCE', 'JUSTID', 'RETRYCOUNT', past.a + 1)
    take('m', id, past.a + 1, past.a + 1, fields, isolated, lane, h)
  end
end
local function isLastAlone(past) return past ~= nil and past.l and policy.md > 1 and past.a >= policy.md - 1 and past.a < policy.md end
-- Ends what must not be handed out any more; answers whether it did.
local function discard(id, past, fields)
  if not fields then
    gone = gone + 1
  elseif isExpired(fields, at) then
    die(fields, id, past and past.a or 0, past and past.l, '"Expired"', '', policy.ex == 'dead-letter')
  elseif past and past.a >= policy.md then
    die(fields, id, past.a, past.l, '"MaxDeliveries"', '', true)
  else return false end
  forget(id, past)
  return true
end
local function fileAlone(key)
  redis.call('ZADD', Q, int(lonely + at), key)
  wasAlone = true
  rang = true
end
local hasPasts
local function pastsOf(ids)
  if hasPasts == nil then hasPasts = redis.call('HLEN', A) > 1 end
  return hasPasts and redis.call('HMGET', A, unpack(ids)) or {}
end

-- Hands a run of a key to this consumer, lowest first. May: nothing delayed, and free or ours without anything that came back.
local function handOn(key, h)
  local before = h.p
  while h.p > 0 do
    local want = math.min(run - h.n, credit - #takes, 1000)
    if want <= 0 or isFull() then break end
    local members, from = parkedOf(key, want)
    if #members == 0 then
      h.p = 0
      change(key, h)
      break
    end
    local ids, out, stop = {}, {}, false
    for n, member in ipairs(members) do ids[n] = dec(member, from) end
    local pasts = pastsOf(ids)
    for n, id in ipairs(ids) do
      if isFull() then break end
      local past = pastOf(pasts[n])
      local fields = bodyOf(id, past)
      if not discard(id, past, fields) then
        if isLastAlone(past) then
          stop = true
          break
        end
        lease(id, past, fields, false, key, h)
      end
      out[#out + 1] = members[n]
    end
    if #out > 0 then
      redis.call('ZREM', P, unpack(out))
      h.p = h.p - #out
      change(key, h)
    end
    if stop then
      if h.n == 0 then fileAlone(key) end
      break
    end
  end
  if h.p ~= before then raiseFloor(key, h) end
end

local nextDue
local function bringDue()
  nextDue = redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')[2]
  if not nextDue or nextDue == 'inf' or tonumber(nextDue) > at then return end
  local due = redis.call('ZRANGEBYSCORE', D, '-inf', int(at), 'LIMIT', 0, 200)
  for _, id in ipairs(due) do
    local past = pastOf(redis.call('HGET', A, id))
    if past then
      local h = hold(past.key)
      if h.d > 0 then h.d = h.d - 1 end
      parkNow(past.key, h, id, past.h)
      touch(past.key)
    end
  end
  redis.call('ZREM', D, unpack(due))
  nextDue = redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')[2]
end

local more = {}
local function serveTouched()
  local seen = {}
  for _, key in ipairs(touched) do
    if not seen[key] then
      seen[key] = true
      local h = hold(key)
      if h.d == 0 and h.p > 0 and (h.n == 0 or (h.o == consumer and h.w == 0)) then
        if not isFull() then handOn(key, h)
        elseif h.n == 0 then offer(key, at)
        else more[#more + 1] = key end
      end
    end
  end
end

local function takeReady()
  while not isFull() do
    local found = redis.call('ZRANGEBYSCORE', Q, '-inf', '(' .. int(lonely), 'WITHSCORES', 'LIMIT', 0, math.min(credit - #takes, 64))
    if #found == 0 then return end
    local keys = {}
    for n = 1, #found, 2 do keys[#keys + 1] = found[n] end
    redis.call('ZREM', Q, unpack(keys))
    for n, key in ipairs(keys) do
      local h = hold(key)
      if h.d == 0 and h.p > 0 and h.n == 0 then
        if not isFull() then handOn(key, h)
        else redis.call('ZADD', Q, found[2 * n], key) end
      end
    end
  end
end

-- A blocking read of an unordered consumer may outlive the switch to an order by some seconds: what it took is in that consumer's hands.
local function takenBehind(entries)
  local taken = {}
  if at < (tonumber(state[4]) or 0) + 60000 then
    for _, row in ipairs(redis.call('XPENDING', T, group, entries[1][1], entries[#entries][1], #entries)) do taken[row[1]] = row[2] end
  end
  return taken
end
local scanned, isShut = 0, false
local function walk(limit)
  local strict = policy['or'] == 'strict'
  while not isFull() and scanned < limit and not isShut do
    local entries = redis.call('XRANGE', T, idAfter(cur), '+', 'COUNT', math.min(limit - scanned, 64, math.max(16, credit - #takes)))
    if #entries == 0 then return false end
    local lanes, missing = {}, {}
    for n, entry in ipairs(entries) do
      local fields = entry[2]
      local lane = strict and 's' or (fields[3] == 'k' and 'k' .. fields[4]) or false
      if not lane and fields[1] ~= 'b' then
        local key = find(fields, 'k')
        lane = key and 'k' .. key or false
      end
      lanes[n] = lane
      if lane and not holds[lane] then
        holds[lane] = true
        missing[#missing + 1] = lane
      end
    end
    loadHolds(missing)
    local parks, taken = {}, takenBehind(entries)
    for n, entry in ipairs(entries) do
      if isFull() then break end
      local id, fields, lane = entry[1], entry[2], lanes[n]
      local h, holder = lane and holds[lane], taken[id]
      local isOpen = not h or (h.p == 0 and h.d == 0 and (h.n == 0 or (h.o == consumer and h.w == 0 and h.n < run)))
      if not isOpen and strict and not holder then
        isShut = true
        break
      end
      cur = id
      scanned = scanned + 1
      if holder then
        if h then
          if h.n > 0 and h.o ~= holder then
            h.o = ''
            h.w = 1
          elseif h.n == 0 then h.o = holder end
          h.n = h.n + 1
          change(lane, h)
        end
      elseif #fields > 2 and isExpired(fields, at) then discard(id, nil, fields)
      elseif isOpen then
        fresh[#fresh + 1] = id
        takes[#takes + 1] = { id, fields }
        bytes = bytes + #fields[2]
        if h then
          h.n = h.n + 1
          h.o = consumer
          change(lane, h)
        end
      else
        if h.p == 0 then lowerFloor(lane, id, h) end
        parks[#parks + 1] = 0
        parks[#parks + 1] = prefixOf(lane) .. enc(id)
        h.p = h.p + 1
        change(lane, h)
      end
    end
    many('ZADD', P, parks)
  end
  return scanned >= limit
end

-- A last attempt goes to a consumer with empty hands; a busy one, one at a time, is asked to let its hands run empty.
local function isBusy()
  for _, stream in ipairs({ T, RETRY, SOLO }) do
    if #redis.call('XPENDING', stream, group, '-', '+', 1, consumer) > 0 then return true end
  end
  return false
end
local function grantAlone()
  while true do
    local key = redis.call('ZRANGEBYSCORE', Q, int(lonely), '(+inf', 'LIMIT', 0, 1)[1]
    if not key then return 'none' end
    local h = hold(key)
    local members, from = parkedOf(key, 1)
    local id = members[1] and dec(members[1], from)
    local past = id and pastOf(redis.call('HGET', A, id))
    local fields = id and bodyOf(id, past)
    local isDone = id and h.n == 0 and h.d == 0 and discard(id, past, fields)
    if isDone then
      redis.call('ZREM', P, members[1])
      h.p = h.p - 1
      change(key, h)
      raiseFloor(key, h)
    end
    if isDone or h.n > 0 or h.d > 0 or not isLastAlone(past) then
      redis.call('ZREM', Q, key)
      if h.n == 0 and h.d == 0 and h.p > 0 then offer(key, at) end
    elseif not isBusy() then
      redis.call('ZREM', Q, key)
      redis.call('ZREM', P, members[1])
      h.p = h.p - 1
      lease(id, past, fields, true, key, h)
      change(key, h)
      raiseFloor(key, h)
      redis.call('HDEL', STATE, 'room')
      rang = true
      return 'granted'
    else
      local asked = redis.call('HGET', STATE, 'room')
      local since, who = string.match(asked or '', '^(%d+)|(.*)$')
      if who == consumer then return 'reserved' end
      if who and tonumber(since) + policy.vt > at then return 'none' end
      redis.call('HSET', STATE, 'room', int(at) .. '|' .. consumer)
      return 'asked'
    end
  end
end`;
