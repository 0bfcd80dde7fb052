/**
 * Pieces of Lua that retention and capacity share. KEYS: stream, meta, subs, then those of the subscriptions. ARGV: the version of the subscriptions, and
 * one number of the script's own; then of each subscription its group, and `n` (no order), `o` (an order) or `e` (ephemeral), and how many keys it has.
 */
export const upkeep = {
  /** `stateOf()`: what XINFO GROUPS says, by group, or why nothing can be said. */
  groups: `
local function groupsOf(stream)
  local groups = {}
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    groups[group.name] = group
  end
  return groups
end
local function subscriptionsOf()
  local subs, key = {}, 4
  for n = 3, #ARGV, 3 do
    subs[#subs + 1] = {group = ARGV[n], kind = ARGV[n + 1], key = key}
    key = key + tonumber(ARGV[n + 2])
  end
  return subs
end`,

  /** Ids are compared by number: \`9-1\` stands before \`10-1\`. */
  ids: `
local function halves(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function isBefore(left, right)
  local ms, seq = halves(left)
  local otherMs, otherSeq = halves(right)
  return ms < otherMs or (ms == otherMs and seq < otherSeq)
end
local function following(id)
  local ms, seq = halves(id)
  if seq > 9000000000000000 then return int(ms + 1) .. '-0' end
  return int(ms) .. '-' .. int(seq + 1)
end`,

  /**
   * `floorOf(groups, subs)`: the id of the oldest entry that some durable subscription may still need: of each group the oldest pending one, or what follows
   * the last delivered one; where an order is kept, the oldest that is parked or delayed. nil: nobody needs any. false: a group is gone, which is to be
   * made again first. XPENDING with COUNT 1: the summary walks over all consumers.
   */
  floor: `
local function floorOf(groups, subs)
  local floor
  local function needs(id)
    if not floor or isBefore(id, floor) then floor = id end
  end
  for _, sub in ipairs(subs) do
    local group = groups[sub.group]
    if sub.kind ~= 'e' then
      if not group then return false end
      needs(following(group['last-delivered-id']))
      if group.pending > 0 then
        local oldest = redis.call('XPENDING', KEYS[1], sub.group, '-', '+', 1)[1]
        if oldest then needs(oldest[1]) end
      end
      if sub.kind == 'o' then
        local kept = redis.call('ZRANGE', KEYS[sub.key], 0, 0, 'WITHSCORES')
        if kept[1] and kept[1] ~= '' then needs(kept[2] .. '-0') end
      end
    end
  end
  return floor
end`,
} as const;
