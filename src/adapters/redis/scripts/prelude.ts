/**
 * What several scripts need, as pieces of Lua. A script names the pieces it uses, so that none carries more than it needs. Rules of
 * all our scripts: every key is declared; the text is static; running twice is harmless; a key is not touched after it may have been
 * emptied (every companion holds a sentinel instead, so that none is absent in a slot that is moving); numbers of more than 14 digits are
 * written with `%.0f`. Commands of Redis 5.0 only, but where a probe says otherwise.
 */
export const lua = {
  /** `now()`: the server's clock, ms. */
  now: `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`,

  /** `int(n)`: a whole number as text. */
  int: `
local function int(n) return string.format('%.0f', n) end`,

  /** `find(fields, name)`: the value of a field in flat pairs, or nil. */
  find: `
local function find(fields, name)
  for at = 1, #fields, 2 do
    if fields[at] == name then return fields[at + 1] end
  end
end`,

  /**
   * `copy(fields, id, publishedAt, attempts, lapsed)`: the flat pairs of a copy: those of the entry (or of an earlier copy), with its bookkeeping
   * behind them. `lapsed` true marks it, nil leaves the mark as it is. Needs `int`.
   */
  copy: `
local bookkeeping = { i = true, p = true, a = true, l = true }
local function copy(fields, id, publishedAt, attempts, lapsed)
  local out, mark, knownId, knownAt = {}, lapsed and '1', id, publishedAt
  for at = 1, #fields, 2 do
    local name, value = fields[at], fields[at + 1]
    if not bookkeeping[name] then
      out[#out + 1] = name
      out[#out + 1] = value
    elseif name == 'i' then knownId = value
    elseif name == 'p' then knownAt = value
    elseif name == 'l' then mark = mark or value
    end
  end
  out[#out + 1] = 'i'; out[#out + 1] = knownId
  out[#out + 1] = 'p'; out[#out + 1] = type(knownAt) == 'number' and int(knownAt) or knownAt
  out[#out + 1] = 'a'; out[#out + 1] = int(attempts)
  if mark then out[#out + 1] = 'l'; out[#out + 1] = mark end
  return out, knownId
end`,

  /** `storedAt(id)`: the milliseconds of a stream id, as text. */
  storedAt: `
local function storedAt(id) return string.match(id, '^%d+') end`,

  /** `add(stream, fields)`: XADD with an id of the server's; answers it. */
  add: `
local function add(stream, fields) return redis.call('XADD', stream, '*', unpack(fields)) end`,

  /** `one(stream, id)`: the flat pairs of an entry, or nil where it is gone. */
  one: `
local function one(stream, id)
  local found = redis.call('XRANGE', stream, id, id)
  return found[1] and found[1][2]
end`,

  /** `pack(fields)`, `unpacked(text)`: flat pairs as one value of a hash. */
  pack: `
local function pack(fields) return cmsgpack.pack(fields) end
local function unpacked(text) return cmsgpack.unpack(text) end`,

  /**
   * `holdings(stream, group, consumer, first, last)`: entry id → delivery count of what a consumer holds between two ids. One XPENDING for a whole
   * batch: one for each id is half as fast again, and a small COUNT would make healthy leases look lost.
   */
  holdings: `
local function holdings(stream, group, consumer, first, last)
  local held = {}
  for _, row in ipairs(redis.call('XPENDING', stream, group, first, last, 200000, consumer)) do held[row[1]] = row[4] end
  return held
end`,

  /**
   * `bury(deadKey, bodyKey, fields, id, at, count, note)`: puts a copy among the dead letters, once. \`note\` is a JSON object's inside: \`"reason":"…"\`.
   * Needs \`int\`, \`pack\`, \`find\`, \`copy\`.
   */
  bury: `
local function bury(deadKey, bodyKey, fields, id, at, count, note)
  local deaths = find(fields, 'd')
  local death = '{' .. note .. ',"deadAt":' .. int(at) .. ',"deliveryCount":' .. int(count) .. '}'
  local out = {}
  for n = 1, #fields, 2 do
    if fields[n] ~= 'd' then out[#out + 1] = fields[n]; out[#out + 1] = fields[n + 1] end
  end
  out[#out + 1] = 'd'; out[#out + 1] = deaths and deaths ~= '' and deaths .. ',' .. death or death
  redis.call('HSET', bodyKey, id, pack(out))
  redis.call('ZADD', deadKey, int(at), id)
end`,
} as const;
