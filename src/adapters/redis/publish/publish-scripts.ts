import type { Script } from '../connection/script.js';
import { script } from '../connection/script.js';
import { lua } from '../scripts/prelude.js';

/**
 * What the ring of tokens says of this batch: a slot of a client is used by one batch after the other, each with a higher number. The same number: it is
 * stored, and answered again. A lower one is refused, or a late resend would be stored after its successor. The ids of a batch whose messages stand
 * in a row are read back: they span milliseconds, so they cannot be counted from the first. (One that was trimmed since has none; it gets the first.)
 */
const ring = `
local function again(text)
  local first, last, count = string.match(text, '^(%d+%-%d+)|(%d+%-%d+)|(%d+)$')
  if not first then return {'again', text} end
  local ids, found = {}, redis.call('XRANGE', KEYS[1], first, last)
  for n = 1, tonumber(count) - #found do ids[n] = first end
  for _, entry in ipairs(found) do ids[#ids + 1] = entry[1] end
  return {'again', table.concat(ids, ' ')}
end
local function told(tokens, slot, number)
  local known = redis.call('HGET', tokens, slot)
  if not known then return end
  local stored, text = string.match(known, '^(%d+)|(.*)$')
  if tonumber(stored) > tonumber(number) then return 'late' end
  if tonumber(stored) == tonumber(number) then return again(text) end
end`;

/** What must hold before anything is stored. Two that write a topic's format: this and topics/topic-scripts.ts. */
const checked = `
local function refusal(meta)
  if not meta[1] then return 'gone' end
  if meta[1] ~= '1' then return redis.error_reply('CW_FORMAT_TOO_NEW ' .. KEYS[1] .. ' is stored in format ' .. meta[1] .. ', this release reads format 1; update Chronow in this process. Nothing was changed.') end
end`;

/**
 * Bodies and nothing else. KEYS: stream, meta, tokens. ARGV: shard count, slot, number, then the bodies. Answers the ids in one text, or 'gone', 'stale'
 * (another shard count), {'check', messages that need room}, 'late', {'again', results}. The first write may be refused at maxmemory, before anything
 * is stored; none of those before it frees memory, or the guard would not look.
 */
export const publishBodiesScript: Script = script('publish-bodies', `${ring}${checked}
local meta = redis.call('HMGET', KEYS[2], 'f', 'sc', 'room')
local refused = refusal(meta)
if refused then return refused end
local known = told(KEYS[3], ARGV[2], ARGV[3])
if known then return known end
if meta[2] ~= ARGV[1] then return 'stale' end
local count = #ARGV - 3
if tonumber(meta[3]) < count then return {'check', count} end
redis.call('HINCRBY', KEYS[2], 'room', -count)
local ids, call, stream = {}, redis.call, KEYS[1]
for n = 1, count do ids[n] = call('XADD', stream, '*', 'b', ARGV[n + 3]) end
call('HSET', KEYS[3], ARGV[2], ARGV[3] .. '|' .. ids[1] .. '|' .. ids[count] .. '|' .. count)
return table.concat(ids, ' ')`);

/**
 * Everything else. KEYS: stream, meta, tokens, both idempotency buckets, scheduled, their bodies. ARGV: shard count, slot, number, count; then of each
 * message: its head, the name of its idempotency key or '', its body, and its pairs. A head is the number of pairs, with \`;delay;at;ttl\` behind it where
 * it has one. Answers as publish-bodies does, with the server's time in front, '=' before the id of a duplicate; and 'rotate' where a bucket has to be cleared first.
 */
export const publishScript: Script = script('publish', `${lua.now}${lua.int}${lua.pack}${ring}${checked}
local meta = redis.call('HMGET', KEYS[2], 'f', 'sc', 'room', 'iw')
local refused = refusal(meta)
if refused then return refused end
local known = told(KEYS[3], ARGV[2], ARGV[3])
if known then return known end
if meta[2] ~= ARGV[1] then return 'stale' end
local clock, count, window = now(), tonumber(ARGV[4]), tonumber(meta[4])

local from, sizes, names, dues, lives, wanted, first = {}, {}, {}, {}, {}, {}, {}
local at, isTimed = 5, false
for n = 1, count do
  local size, name = tonumber(ARGV[at]), ARGV[at + 1]
  if not size then
    local pairs, delay, moment, ttl = string.match(ARGV[at], '^(%d+);(%d*);(%d*);(%d*)$')
    size = tonumber(pairs)
    if delay ~= '' or moment ~= '' then
      local due = math.max(clock + (tonumber(delay) or 0), tonumber(moment) or 0)
      if due > clock then dues[n] = due end
    end
    if ttl ~= '' then lives[n], isTimed = tonumber(ttl), true end
  end
  if name ~= '' then
    names[n] = name
    if not first[name] then
      first[name] = n
      wanted[#wanted + 1] = name
    end
  end
  from[n], sizes[n] = at + 2, size
  at = at + 3 + 2 * size
end

local remembered, current, isTurned = {}, nil, false
local function stillKnown(value)
  local stored = value and (string.match(value, '@(%d+)$') or string.match(value, '^(%d+)%-'))
  return stored and clock - tonumber(stored) < window
end
if #wanted > 0 then
  local since = {tonumber(redis.call('HGET', KEYS[4], '') or 0), tonumber(redis.call('HGET', KEYS[5], '') or 0)}
  current = since[1] >= since[2] and 4 or 5
  local other = 9 - current
  for start = 1, #wanted, 5000 do
    local last = math.min(start + 4999, #wanted)
    for _, bucket in ipairs({other, current}) do
      for n, value in ipairs(redis.call('HMGET', KEYS[bucket], unpack(wanted, start, last))) do
        if stillKnown(value) then remembered[wanted[start + n - 1]] = value end
      end
    end
  end
  if clock >= since[current - 3] + window then
    if redis.call('HLEN', KEYS[other]) > 1 then return 'rotate' end
    current, isTurned = other, true
  end
end

local needed = 0
for n = 1, count do
  local name = names[n]
  if not dues[n] and not (name and (remembered[name] or first[name] ~= n)) then needed = needed + 1 end
end
if needed > 0 and tonumber(meta[3]) < needed then return {'check', needed} end
redis.call('HINCRBY', KEYS[2], 'room', 0 - needed)
if isTurned then redis.call('HSET', KEYS[current], '', int(clock)) end

local latest, sequence
local function timedId()
  if not latest then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for n = 1, #info, 2 do
      if info[n] == 'last-generated-id' then latest, sequence = string.match(info[n + 1], '^(%d+)%-(%d+)$') end
    end
    latest, sequence = tonumber(latest), tonumber(sequence)
  end
  local ms = now()
  if ms > latest then latest, sequence = ms, 0 else sequence = sequence + 1 end
  return int(latest) .. '-' .. int(sequence), latest
end
local function fieldsOf(n)
  local out, start = {'b', ARGV[from[n]]}, from[n] + 1
  for m = start, start + 2 * sizes[n] - 1 do out[#out + 1] = ARGV[m] end
  return out
end
local function schedule(n)
  local fields = fieldsOf(n)
  if lives[n] then fields[#fields + 1] = 't'; fields[#fields + 1] = int(lives[n]) end
  local id = 's' .. int(dues[n]) .. '-' .. int(redis.call('HINCRBY', KEYS[2], 'sn', 1))
  redis.call('HSET', KEYS[7], id, pack(fields))
  redis.call('ZADD', KEYS[6], int(dues[n]), id)
  return id
end
local function append(n)
  local start = from[n]
  if isTimed then
    local id, ms = timedId()
    local fields = fieldsOf(n)
    if lives[n] then fields[#fields + 1] = 'x'; fields[#fields + 1] = int(ms + lives[n]) end
    return redis.call('XADD', KEYS[1], id, unpack(fields))
  end
  if sizes[n] == 0 then return redis.call('XADD', KEYS[1], '*', 'b', ARGV[start]) end
  return redis.call('XADD', KEYS[1], '*', 'b', unpack(ARGV, start, start + 2 * sizes[n]))
end

local results, remember, isPlain = {}, {}, true
for n = 1, count do
  local name = names[n]
  local before = name and remembered[name]
  if before then
    results[n] = '=' .. string.match(before, '^[^@]+')
    isPlain = false
  else
    local id = dues[n] and schedule(n) or append(n)
    if dues[n] then isPlain = false end
    results[n] = id
    if name then
      remembered[name] = dues[n] and id .. '@' .. int(clock) or id
      remember[#remember + 1] = name
      remember[#remember + 1] = remembered[name]
    end
  end
end
for start = 1, #remember, 5000 do redis.call('HSET', KEYS[current], unpack(remember, start, math.min(start + 4999, #remember))) end
local text = table.concat(results, ' ')
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3] .. '|' .. (isPlain and results[1] .. '|' .. results[count] .. '|' .. count or text))
return int(clock) .. ' ' .. text`);

/**
 * What became of a batch whose answer was lost. KEYS: stream, tokens. ARGV: slot, number. Answers {'again', results}; or 'none', and from then on
 * a copy of the batch that is still under way is refused.
 */
export const resolveBatchScript: Script = script('resolve-batch', `${lua.now}${lua.int}${ring}
local known = told(KEYS[2], ARGV[1], ARGV[2])
if known then return known end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|refused ' .. int(now()) .. '-0')
return {'again', 'refused'}`);

/** Removes the slots of clients that have not published for long. KEYS: tokens. ARGV: ms, cursor. Answers the next cursor. */
export const forgetSlotsScript: Script = script('forget-slots', `${lua.now}
local oldest = now() - tonumber(ARGV[1])
local cursor, found = unpack(redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', 500))
for n = 1, #found, 2 do
  -- Every answer has an id of a time, but one that is a duplicate or scheduled and nothing else may have that of another: a slot too old or too young is no harm.
  local ms = string.match(found[n + 1], '(%d+)%-%d+')
  if found[n] ~= '' and ms and tonumber(ms) < oldest then redis.call('HDEL', KEYS[1], found[n]) end
end
return cursor`);

/**
 * Clears a part of the older bucket, where the time of the younger one is over; another process may have done so. KEYS: both buckets, meta. Answers how
 * many keys are left.
 */
export const rotateScript: Script = script('rotate-idempotency', `${lua.now}
local window = tonumber(redis.call('HGET', KEYS[3], 'iw') or 0)
local since = {tonumber(redis.call('HGET', KEYS[1], '') or 0), tonumber(redis.call('HGET', KEYS[2], '') or 0)}
local older = since[1] >= since[2] and 2 or 1
if now() < since[3 - older] + window then return 0 end
local found, names = redis.call('HSCAN', KEYS[older], '0', 'COUNT', 4000)[2], {}
for n = 1, #found, 2 do
  if found[n] ~= '' then names[#names + 1] = found[n] end
end
for start = 1, #names, 5000 do redis.call('HDEL', KEYS[older], unpack(names, start, math.min(start + 4999, #names))) end
return redis.call('HLEN', KEYS[older]) - 1`);

/** Takes back a scheduled message. KEYS: scheduled, their bodies. ARGV: id. Answers 1, or 0 where it is unknown or has become due. */
export const cancelScript: Script = script('cancel-scheduled', `${lua.now}
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[1] == '' or not due or tonumber(due) <= now() then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1`);

/**
 * Puts what is due into the topic, oldest first. KEYS: stream, meta, scheduled, their bodies. ARGV: the most to move. Answers {moved, ms until the
 * next, or -1}. The entry is added before it leaves the schedule, and at maxmemory nothing happens at all: what waits here is safe.
 */
export const moveScheduledScript: Script = script('move-scheduled', `${lua.now}${lua.int}${lua.find}${lua.pack}
if redis.call('EXISTS', KEYS[2]) == 0 then return {0, -1} end
local clock, moved = now(), 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', int(clock), 'LIMIT', 0, ARGV[1])) do
  local body = redis.call('HGET', KEYS[4], id)
  if body then
    local due, out, life = string.match(id, '^s(%d+)'), {}, nil
    local fields = unpacked(body)
    for n = 1, #fields, 2 do
      if fields[n] == 't' then life = tonumber(fields[n + 1]) else
        out[#out + 1] = fields[n]
        out[#out + 1] = fields[n + 1]
      end
    end
    if life then out[#out + 1] = 'x'; out[#out + 1] = int(tonumber(due) + life) end
    out[#out + 1] = 'i'; out[#out + 1] = id
    out[#out + 1] = 'p'; out[#out + 1] = due
    redis.call('XADD', KEYS[1], '*', unpack(out))
    moved = moved + 1
  end
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[4], id)
end
if moved > 0 then redis.call('HINCRBY', KEYS[2], 'room', -moved) end
local following = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local due = following[1] and following[1] ~= '' and tonumber(following[2])
return {moved, due and math.max(0, due - clock) or -1}`);
