import { lua } from '../scripts/prelude.js';

/** The keys of all scripts of this room, by position (order-keys.ts). */
const names = `
local T, SUBS, RETRY, SOLO, HELD, DEAD, BODY, STATE, SEEN = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local H, P, Q, F, D, A, M, W = KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17]`;

/** Large argument lists go in pieces: Lua's stack is bounded. */
const many = `
local function many(command, key, args)
  for at = 1, #args, 4000 do redis.call(command, key, unpack(args, at, math.min(at + 3999, #args))) end
end`;

/**
 * A parked message is a member \`key \\0 enc(id)\`: enc writes the length of a number before its digits, so that the order of the text is the
 * order of the ids and what comes back falls into its old place by itself. Keys begin with a letter of ours: \`k\` a message key, \`s\` the one
 * lane of strict order, \`u\` the id of a message without a key, which is a lane of its own once it came back.
 */
const places = `
local escapes = { ['\\0'] = '\\1\\1', ['\\1'] = '\\1\\2' }
local function prefixOf(key)
  if string.find(key, '[%z\\1]') then key = string.gsub(key, '[%z\\1]', escapes) end
  return key .. '\\0'
end
local function enc(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return string.char(64 + #ms) .. ms .. string.char(64 + #seq) .. seq
end
local function dec(member, from)
  local size = string.byte(member, from) - 64
  return string.sub(member, from + 1, from + size) .. '-' .. string.sub(member, from + size + 2)
end
local function idAfter(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  -- The end of a millisecond is beyond what a number holds exactly.
  if #seq > 15 then return int(tonumber(ms) + 1) .. '-0' end
  return ms .. '-' .. int(tonumber(seq) + 1)
end
local function msOf(id) return string.match(id, '^%d+') end
local function parkedOf(key, count)
  local prefix = prefixOf(key)
  return redis.call('ZRANGEBYLEX', P, '[' .. prefix, '(' .. string.sub(prefix, 1, -2) .. '\\1', 'LIMIT', 0, count), #prefix + 1
end`;

/**
 * Holds: who has messages of a key in hand (o, n of them), how many of it are parked (p) or delayed (d), and whether something came back while
 * others were in hand (w): then nobody gets more of it until all are back, or a later one would start before an earlier one.
 * Stored as \`:owner\` for the commonest case of one in hand and nothing else, else \`n|p|d|w|owner\`; a free key is not stored.
 */
const holds = `
local holds, changed = {}, {}
local function parsed(text)
  if not text then return { n = 0, p = 0, d = 0, w = 0, o = '' } end
  if string.byte(text, 1) == 58 then return { n = 1, p = 0, d = 0, w = 0, o = string.sub(text, 2) } end
  local n, p, d, w, o = string.match(text, '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  return { n = tonumber(n), p = tonumber(p), d = tonumber(d), w = tonumber(w), o = o }
end
local function loadHolds(keys)
  for at = 1, #keys, 4000 do
    local last = math.min(at + 3999, #keys)
    local found = redis.call('HMGET', H, unpack(keys, at, last))
    for n = at, last do holds[keys[n]] = parsed(found[n - at + 1]) end
  end
end
local function hold(key)
  local h = holds[key]
  if not h then
    h = parsed(redis.call('HGET', H, key))
    holds[key] = h
  end
  return h
end
local function change(key, h)
  if not h.changed then
    h.changed = true
    changed[#changed + 1] = key
  end
end
local function saveHolds()
  local set, del = {}, {}
  for _, key in ipairs(changed) do
    local h = holds[key]
    h.changed = nil
    if h.n == 0 and h.p == 0 and h.d == 0 then del[#del + 1] = key
    else
      set[#set + 1] = key
      if h.n == 1 and h.p == 0 and h.d == 0 and h.w == 0 and h.o ~= '' then set[#set + 1] = ':' .. h.o
      else set[#set + 1] = int(h.n) .. '|' .. int(h.p) .. '|' .. int(h.d) .. '|' .. h.w .. '|' .. h.o end
    end
  end
  changed = {}
  many('HSET', H, set)
  many('HDEL', H, del)
end`;

/** The past of a message, only of those that have one: \`deliveries|leaks|flags|key\`; flag l: it lapsed or leaked before, h: its body is in HELD. */
const past = `
local function pastOf(text)
  if not text then return nil end
  local a, leaks, flags, key = string.match(text, '^(%d+)|(%d+)|(%a*)|(.*)$')
  return { a = tonumber(a), leaks = tonumber(leaks), l = string.find(flags, 'l', 1, true) ~= nil, h = string.find(flags, 'h', 1, true) ~= nil, key = key }
end
local function savePast(id, past)
  redis.call('HSET', A, id, int(past.a) .. '|' .. int(past.leaks) .. '|' .. (past.l and 'l' or '') .. (past.h and 'h' or '') .. '|' .. past.key)
end`;

/** Parking outside the pending list, and the floor below which retention may not go. */
const parking = `
local function lowerFloor(key, id, h)
  local ms = msOf(id)
  if h.p + h.d > 0 then
    local known = redis.call('ZSCORE', F, key)
    if known and tonumber(known) <= tonumber(ms) then return end
  end
  redis.call('ZADD', F, ms, key)
end
local function parkNow(key, h, id, isCarried)
  if not isCarried then lowerFloor(key, id, h) end
  redis.call('ZADD', P, 0, prefixOf(key) .. enc(id))
  h.p = h.p + 1
  if h.n > 0 then h.w = 1 end
  change(key, h)
end
local function raiseFloor(key, h)
  if h.p == 0 and h.d == 0 then
    redis.call('ZREM', F, key)
    return
  end
  local first, from = parkedOf(key, 1)
  if first[1] and h.d == 0 then redis.call('ZADD', F, msOf(dec(first[1], from)), key) end
end
local rang = false
local function offer(key, at)
  redis.call('ZADD', Q, int(at), key)
  rang = true
end
local function ring()
  if rang then redis.call('XADD', W, 'MAXLEN', '~', '100', '*', 'w', '') end
end`;

/** What leaves the subscription for good, and the copy that a dead letter is. */
const ends = `
local events = {}
local function placeOf(fields, id)
  return find(fields, 'o') or (string.find(id, '^%d+%-%d+$') and id) or ((find(fields, 'p') or '0') .. '-0')
end
local function bodyOf(id, past)
  if past and past.h then
    local packed = redis.call('HGET', HELD, id)
    if packed then return unpacked(packed) end
  end
  return one(T, id)
end
local function isExpired(fields, at)
  if #fields <= 4 and fields[3] ~= 'x' then return false end
  local ends = find(fields, 'x')
  return ends and tonumber(ends) and tonumber(ends) <= at
end
local function die(fields, id, deliveries, lapsed, reason, rest, keep)
  local out, messageId = copy(fields, id, storedAt(id), deliveries, lapsed)
  local kept = keep and policy.dl == 1
  if kept then
    if messageId ~= id and not find(out, 'o') then out[#out + 1] = 'o'; out[#out + 1] = id end
    bury(DEAD, BODY, out, messageId, at, deliveries, '"reason":' .. reason .. rest)
  end
  events[#events + 1] = { kept and 'dead-lettered' or 'dropped', messageId, cjson.decode('[' .. reason .. ']')[1], deliveries }
  return kept and 'dead-lettered' or 'dropped'
end
local function forget(id, past)
  if not past then return end
  redis.call('HDEL', A, id)
  if past.h then redis.call('HDEL', HELD, id) end
end`;

/** Reads the record of the subscription and checks that its messages lie as its order asks; else a script answers and changes nothing. */
const opening = `
local text = redis.call('HGET', SUBS, ARGV[1])
if not text then return { 'gone' } end
local record = cjson.decode(text)
local policy = record.p
local group = ARGV[2]
local state = redis.call('HMGET', M, 'mode', 'cur', 'epoch', 'since')
if state[1] ~= policy['or'] or not state[2] then return { 'mode', state[1] or 'none', policy['or'] } end
local at = now()
local cur = state[2]`;

const tools: string = [names, lua.now, lua.int, lua.find, lua.copy, lua.storedAt, lua.one, lua.pack, lua.bury, many, places].join('');

/** Pieces of Lua of this room, in the order in which a script needs them. */
export const orderLua: { readonly tools: string; readonly opening: string; readonly state: string } = {
  tools,
  opening,
  state: [holds, past, parking, ends].join(''),
};
