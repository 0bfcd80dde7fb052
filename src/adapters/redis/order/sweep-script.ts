import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';
import { orderLua } from './lua-state.js';

/**
 * One page of leases that ran out: they go back to their places, the attempt counts. ARGV: subscription, group, id to go on from ('-': from the start).
 * Answers 'ok', now, version, moved, where to go on ('': done), ms until the next lease of this page can run out (-1: none), events. What is parked
 * lies outside the pending lists, so that a page costs what is leased and not what waits.
 */
export const sweepScript: Script = script('order-sweep', `${orderLua.tools}
${orderLua.opening}${orderLua.state}
local moved, nearest, page = 0, -1, 500
local lapses = {}
local function laneOf(fields, id)
  if policy['or'] == 'strict' then return 's' end
  local key = find(fields, 'k')
  return key and 'k' .. key or 'u' .. id
end
local left = {}
local function lapse(stream, row)
  local id, deliveries = row[1], row[4]
  left[row[2]] = true
  local fields = one(stream, id)
  if not fields then
    redis.call('XACK', stream, group, id)
    return
  end
  local place = id
  if stream ~= T then
    place = placeOf(fields, find(fields, 'i') or '')
    deliveries = deliveries + (tonumber(find(fields, 'a') or '0') or 0)
  end
  local lane = laneOf(fields, place)
  local known = pastOf(redis.call('HGET', A, place))
  local past = known or { leaks = 0, h = false }
  past.a, past.l, past.key = deliveries, true, lane
  redis.call('XACK', stream, group, id)
  if stream ~= T then
    if not past.h then
      past.h = true
      redis.call('HSET', HELD, place, pack(fields))
    end
    redis.call('XDEL', stream, id)
  end
  local h = hold(lane)
  if h.n > 0 then
    h.n = h.n - 1
    if h.n == 0 then
      h.o = ''
      h.w = 0
    end
    change(lane, h)
  end
  lapses[#lapses + 1] = { find(fields, 'i') or place, deliveries }
  if deliveries >= policy.md then
    die(fields, place, deliveries, true, '"MaxDeliveries"', '', true)
    forget(place, past)
  else
    savePast(place, past)
    parkNow(lane, h, place, past.h)
  end
  moved = moved + 1
  holds[lane].swept = true
end
local function sweep(stream, from)
  local rows = redis.call('XPENDING', stream, group, from, '+', page)
  for _, row in ipairs(rows) do
    if row[3] >= policy.vt then lapse(stream, row)
    elseif nearest < 0 or policy.vt - row[3] < nearest then nearest = policy.vt - row[3] end
  end
  return #rows == page and idAfter(rows[#rows][1]) or ''
end
if ARGV[3] == '-' then
  sweep(RETRY, '-')
  sweep(SOLO, '-')
end
local on = sweep(T, ARGV[3])
for lane, h in pairs(holds) do
  if h.swept and h.n == 0 and h.d == 0 and h.p > 0 then offer(lane, at) end
end
saveHolds()
ring()
-- Whoever is not here any more goes with the last it held.
for consumer in pairs(left) do
  local isIdle = not redis.call('ZSCORE', SEEN, consumer)
  for _, stream in ipairs({ T, RETRY, SOLO }) do
    isIdle = isIdle and #redis.call('XPENDING', stream, group, '-', '+', 1, consumer) == 0
  end
  if isIdle then
    for _, stream in ipairs({ T, RETRY, SOLO }) do redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer) end
    redis.call('HDEL', STATE, 'o:' .. consumer, 'O:' .. consumer)
  end
end
-- Up to here the stream is settled; from here the group is made again, should it be lost.
local function settledUpTo()
  local function before(ms, seq)
    if seq > 0 then return int(ms) .. '-' .. int(seq - 1) end
    return int(ms - 1) .. '-9007199254740991'
  end
  local floor = cur
  local oldest = redis.call('XPENDING', T, group, '-', '+', 1)[1]
  if oldest then
    local ms, seq = string.match(oldest[1], '^(%d+)-(%d+)$')
    floor = before(tonumber(ms), tonumber(seq))
  end
  local kept = redis.call('ZRANGE', F, 0, 0, 'WITHSCORES')
  if kept[1] ~= '' and kept[1] and tonumber(kept[2]) > 0 then
    local parked = before(tonumber(kept[2]), 0)
    if enc(parked) < enc(floor) then floor = parked end
  end
  return floor
end
if on == '' then redis.call('HSET', STATE, 'floor', settledUpTo()) end
return { 'ok', int(at), int(record.v), moved, on, nearest, events, lapses }`);

/** Prolongs leases. ARGV: subscription, group, consumer, then stream, id and count of each. Answers now and the places in the list of those that are lost. */
export const renewScript: Script = script('order-renew', `${lua.now}${lua.int}${lua.holdings}
local group, consumer = ARGV[2], ARGV[3]
local streams = { m = { KEYS[1] }, r = { KEYS[2] }, s = { KEYS[3] } }
local lost = {}
for n = 4, #ARGV, 3 do
  local stream = streams[ARGV[n]]
  if not stream.held then
    -- A group that is gone holds nothing.
    local there, held = pcall(holdings, stream[1], group, consumer, '-', '+')
    stream.held = there and held or {}
  end
  if stream.held[ARGV[n + 1]] == tonumber(ARGV[n + 2]) then stream[#stream + 1] = ARGV[n + 1]
  else lost[#lost + 1] = (n - 4) / 3 end
end
for _, stream in pairs(streams) do
  for first = 2, #stream, 4000 do
    local ids = { unpack(stream, first, math.min(first + 3999, #stream)) }
    ids[#ids + 1] = 'JUSTID'
    redis.call('XCLAIM', stream[1], group, consumer, 0, unpack(ids))
  end
end
local at = int(now())
if #lost < (#ARGV - 3) / 3 then redis.call('ZADD', KEYS[4], at, consumer) end
return { at, lost }`);

/** A consumer comes: from now on it is seen. KEYS as ever; ARGV: subscription, group, consumer. */
export const enterScript: Script = script('order-enter', `${lua.now}${lua.int}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then redis.call('ZADD', KEYS[9], int(now()), ARGV[3]) end
return 1`);
