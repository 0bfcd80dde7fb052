/** What the scripts of unordered deliveries share, besides scripts/prelude.ts. */
export const pieces = {
  /**
   * `answered(state, consumer, seq)`: what the call with this number answered before, or nil; a lower number than the last is refused, for a late resend must
   * not settle again. `remember(…, answer)` keeps it: one slot a consumer, which has one call under way.
   */
  slot: `
local function answered(state, consumer, seq)
  local slot = redis.call('HGET', state, 'c:' .. consumer)
  if not slot then return nil end
  local bar = string.find(slot, '|', 1, true)
  local last = tonumber(string.sub(slot, 1, bar - 1))
  if last == tonumber(seq) then return string.sub(slot, bar + 1) end
  if last > tonumber(seq) then return nil, redis.error_reply('CW_LINK_LOST a later settlement of this consumer was answered before') end
end
-- Refused only where memory is full and nothing was changed: then a resend finds the same.
local function remember(state, consumer, seq, answer) redis.pcall('HSET', state, 'c:' .. consumer, seq .. '|' .. answer) end`,

  /** `shut(open)`: an error where the subscription keeps an order by now; what is asked here would not heed it. */
  gate: `
local function shut(open)
  if redis.call('EXISTS', open) == 0 then return redis.error_reply('CW_LINK_LOST order') end
end`,

  /** `policyOf(subs, name)`: the stored policy and its version, or nil where the subscription is gone. */
  policy: `
local function policyOf(subs, name)
  local record = redis.call('HGET', subs, name)
  if not record then return nil end
  local known = cjson.decode(record)
  return known.p, known.v
end`,

  /** `kindOf(key)`: its type, asked once a run. `fits(key, kind)`: whether a write of that kind can succeed. */
  kinds: `
local kinds = {}
local function fits(key, kind)
  local found = kinds[key]
  if not found then
    found = redis.call('TYPE', key).ok
    kinds[key] = found
  end
  return found == kind or found == 'none'
end`,

  /**
   * `availableIn(policy, attempts, lapsed)`: \`true\` where it would be the last attempt of a message that lapsed before, which runs alone.
   */
  alone: `
local function alone(policy, attempts, lapsed)
  return lapsed and policy.md > 1 and attempts >= policy.md - 1
end`,

  /** `plain(fields)`: the fields without what says how earlier deliveries ended: a dead letter begins anew. */
  plain: `
local function plain(fields)
  local out = {}
  for at = 1, #fields, 2 do
    if fields[at] ~= 'l' and fields[at] ~= 'n' then out[#out + 1] = fields[at]; out[#out + 1] = fields[at + 1] end
  end
  return out
end`,

  /** `due(delayed, at)`: ms until the next delayed message, -1 where there is none. */
  due: `
local function due(delayed, at)
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  if not first[1] or first[1] == '' then return -1 end
  return math.max(0, tonumber(first[2]) - at)
end`,

  /** `unread(stream, group)`: how many entries nobody was handed. What is acknowledged there is deleted too. */
  unread: `
local function unread(stream, group)
  local length = redis.call('XLEN', stream)
  if length == 0 then return 0 end
  return length - redis.call('XPENDING', stream, group)[1]
end`,
} as const;
