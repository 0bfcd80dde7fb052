/**
 * Pieces of Lua for looking. No call touches more than about a thousand entries or four million characters of bodies: what is longer is
 * read in pages, and a page answers where the next one begins ('' where there is none).
 */
export const inspectionLua = {
  /** `eachBehind(stream, from, limit, visit)`: visits entries behind an id; answers how many, and the id of the last one where there may be more. Needs `following`. */
  eachBehind: `
local function eachBehind(stream, from, limit, visit)
  local count, size, last = 0, 0, from
  while true do
    local page = redis.call('XRANGE', stream, last == '-' and '-' or following(last), '+', 'COUNT', math.min(50, limit - count))
    for _, entry in ipairs(page) do
      last = entry[1]
      for _, text in ipairs(entry[2]) do size = size + #text end
      if visit then visit(entry[1], entry[2]) end
    end
    count = count + #page
    if #page == 0 then return count, '' end
    if count >= limit or size > 4000000 then return count, last end
  end
end`,

  /** `groupOf(stream, group)`: what XINFO GROUPS says of it, or nil where the stream or the group is gone. */
  groupOf: `
local function groupOf(stream, name)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err then return nil end
  for _, info in ipairs(groups) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    if group.name == name then return group end
  end
end`,

  /** `lapsedIn(stream, group, from, idle)`: how many leases of a page of 500 are past their deadline, and where to go on. Needs `following`. */
  lapsedIn: `
local function lapsedIn(stream, group, from, idle)
  local rows, lapsed = redis.call('XPENDING', stream, group, from == '-' and '-' or following(from), '+', 500), 0
  for _, row in ipairs(rows) do
    if row[3] >= idle then lapsed = lapsed + 1 end
  end
  return lapsed, #rows == 500 and rows[500][1] or ''
end`,

  /** `placedIn(member)`: the entry id at the end of a parked member (order/lua-state.ts). */
  placedIn: `
local function placedIn(member)
  local from = string.find(member, '%z')
  local size = string.byte(member, from + 1) - 64
  return string.sub(member, from + 2, from + 1 + size) .. '-' .. string.sub(member, from + 3 + size)
end`,
} as const;
