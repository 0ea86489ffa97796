-- Pools of rate limits that processes and hosts share: pays in all pools of a request, or in none.
--
-- KEYS[1] is the moment from which on everything is known that was spent; then come a pool and its line of waiters for
-- each amount due, a pool for each report, and the key under which the request itself waits.
-- ARGV is the mode ("pay" or "look"), "new" where the server may have forgotten payments, "open" where that is not to
-- matter, and the arguments of the mode.
--
-- A pool is a hash. A window has an entry for each slot, a thousandth of the window, in which something was spent: its
-- number is the field, "moment amount" the value. A bucket has the moment at which it is full again. A line is a sorted
-- set of "key amount most" of requests that wait, the first one first; such a key expires when its process dies.
-- Moments and spans are in microseconds, on the clock of the server: no other machine's clock takes part.

local FORMAT = '1'  -- of pools; one of another format is refused, never misread
local SLOTS = 1000
local KEPT = 600000  -- milliseconds that a pool is kept for after it is as good as new: to be looked at
local GRACE = 2000000  -- a waiter that comes so much too late has lost its place
local TURN = 20000  -- how much later than the request ahead of it one tries again
local AHEAD = 64  -- so many requests ahead are looked at; behind more, one waits
local CHUNK = 64

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

-- A refusal where a key holds another kind of value than ours.
local function occupied(key)
  return redis.error_reply('VENUEKITKEY ' .. key .. ' ' .. redis.call('TYPE', key).ok)
end

local known = redis.pcall('GET', KEYS[1])
if type(known) == 'table' then return occupied(KEYS[1]) end
local since = tonumber(known)
if ARGV[2] == 'open' then
  since = 0
elseif ARGV[2] == 'new' or not since or since > now then
  since = now
  redis.call('SET', KEYS[1], string.format('%.0f', since))
end

local function plain(number) return string.format('%.0f', number) end

local function entry_of(text)
  local moment, amount = string.match(text, '^(%d+) (%d+)$')
  return tonumber(moment), tonumber(amount)
end

-- The names of up to CHUNK entries from `first` on.
local function fields_from(pool, first)
  local fields = {}
  for number = first, math.min(first + CHUNK - 1, pool.last) do fields[#fields + 1] = plain(number) end
  return fields
end

-- Calls `take(moment, amount)` for each entry, the oldest first, until it returns true.
local function each_entry(pool, take)
  for first = pool.first, pool.last, CHUNK do
    for _, text in ipairs(redis.call('HMGET', pool.key, unpack(fields_from(pool, first)))) do
      if take(entry_of(text)) then return end
    end
  end
end

-- Removes the `count` oldest entries.
local function drop(pool, count)
  local last = pool.last
  pool.last = pool.first + count - 1
  for first = pool.first, pool.last, CHUNK do redis.call('HDEL', pool.key, unpack(fields_from(pool, first))) end
  pool.first, pool.last, pool.is_changed = pool.first + count, last, true
end

local function push(pool, amount)
  pool.last = pool.last + 1
  redis.call('HSET', pool.key, plain(pool.last), string.format('%.0f %.0f', now, amount))
end

local function forget_expired(pool)
  local horizon, count = now - pool.period, 0
  if pool.last < pool.first or entry_of(redis.call('HGET', pool.key, plain(pool.first))) > horizon then return end
  each_entry(pool, function(moment, amount)
    if moment > horizon then return true end
    pool.used, count = pool.used - amount, count + 1
  end)
  drop(pool, count)
end

-- The clock of the server was set back: everything that was spent counts as spent now, and what ends keeps its distance.
local function follow_clock(pool)
  local step = pool.at - now
  pool.closed, pool.full, pool.is_changed = math.max(0, pool.closed - step), math.max(0, pool.full - step), true
  if pool.last >= pool.first then
    drop(pool, pool.last - pool.first + 1)
    push(pool, pool.used)
  end
end

local read_pools = {}

-- `rate` is the span of a window, or the tokens that flow into a bucket each second.
local function read_pool(key, kind, rate, total)
  local value = redis.pcall('HMGET', key, 'kind', 'used', 'first', 'last', 'full', 'at', 'closed', 'banned', 'total')
  if value.err then return nil, occupied(key) end
  local written = FORMAT .. ' ' .. kind .. ' ' .. rate
  if not value[1] and redis.call('EXISTS', key) == 1 then return nil, occupied(key) end
  if value[1] and value[1] ~= written then
    return nil, redis.error_reply('VENUEKITFORM ' .. key .. ' is ' .. value[1] .. ', not ' .. written)
  end
  local pool = {
    key = key, written = written, is_window = kind == 'window', total = total or tonumber(value[9]),
    used = tonumber(value[2]) or 0, first = tonumber(value[3]) or 1, last = tonumber(value[4]) or 0,
    full = tonumber(value[5]) or 0, at = tonumber(value[6]) or now, closed = tonumber(value[7]) or 0,
    is_banned = value[8] == '1',
  }
  read_pools[#read_pools + 1] = pool
  if now < pool.at then follow_clock(pool) end
  if now >= pool.closed then pool.closed, pool.is_banned = 0, false end
  if pool.is_window then
    pool.period = tonumber(rate)
    pool.unknown_until = since + pool.period
    forget_expired(pool)
  else
    pool.refill = tonumber(rate) / 1000000
    pool.unknown_until = math.ceil(since + pool.total / pool.refill)
    pool.full = math.max(pool.full, pool.unknown_until)
    pool.used = math.max(0, math.ceil((pool.full - now) * pool.refill))
  end
  return pool
end

local function write_pool(pool)
  redis.call('HSET', pool.key, 'kind', pool.written, 'used', plain(pool.used), 'first', plain(pool.first),
    'last', plain(pool.last), 'full', plain(pool.full), 'at', plain(now), 'closed', plain(pool.closed),
    'banned', pool.is_banned and '1' or '0', 'total', plain(pool.total))
  local ends = math.max(now + (pool.period or 0), pool.full, pool.closed)
  redis.call('PEXPIRE', pool.key, plain(math.ceil((ends - now) / 1000) + KEPT))
  pool.is_changed = false
end

-- Every way out of the script leads through here: entries that are gone are not counted any more.
local function finish(answer)
  for _, pool in ipairs(read_pools) do
    if pool.is_changed then write_pool(pool) end
  end
  return answer
end

-- The span until `amount` may be spent of `most`, which is less than the pool for a request that leaves a reserve.
local function delay_of(pool, amount, most)
  if pool.closed > now then return pool.closed - now end
  if amount == 0 then return 0 end
  if not pool.is_window then
    return math.max(0, math.ceil(pool.full - math.max(0, most - amount) / pool.refill - now))
  end
  local delay, excess = math.max(0, pool.unknown_until - now), pool.used + amount - most
  if excess > 0 then
    each_entry(pool, function(moment, portion)
      excess, delay = excess - portion, math.max(delay, moment + pool.period - now)
      return excess <= 0
    end)
  end
  return delay
end

local function spend(pool, amount)
  pool.is_changed = true
  if not pool.is_window then
    pool.full = math.ceil(math.max(pool.full, now) + amount / pool.refill)
    return
  end
  pool.used = pool.used + amount
  if pool.last >= pool.first then
    local field, slot = plain(pool.last), math.max(1, pool.period / SLOTS)
    local moment, before = entry_of(redis.call('HGET', pool.key, field))
    if math.floor(moment / slot) == math.floor(now / slot) then
      redis.call('HSET', pool.key, field, string.format('%.0f %.0f', now, before + amount))
      return
    end
  end
  push(pool, amount)
end

-- The venue's own count is taken over when it is higher than ours; `spent` was spent without the server.
local function take_report(pool, used, closed_for, is_banned, spent)
  pool.is_changed = true
  if spent then spend(pool, spent) end
  if used and pool.is_window and used > pool.used then
    spend(pool, used - pool.used)
  elseif used and not pool.is_window then
    pool.full = math.max(pool.full, math.ceil(now + used / pool.refill))
  end
  if closed_for then
    pool.closed, pool.is_banned = math.max(pool.closed, now + closed_for), pool.is_banned or is_banned
  end
end

-- A waiter is "when it tries again, since when it waits, its rank and its operation"; nil for one that died or left.
local function waiter_at(key)
  local text = redis.call('GET', key)
  if not text then return nil end
  local retry, arrived, rank, operation = string.match(text, '^(%d+) (%d+) (%d+) (.*)$')
  return {retry = tonumber(retry), arrived = tonumber(arrived), rank = tonumber(rank), operation = operation}
end

-- The span for which requests ahead in the line keep this one waiting: until they could all pay, and it after them.
local function delay_in_line(line, pool, me, place, amount)
  local ahead = redis.call('ZRANGE', line, 0, AHEAD, 'WITHSCORES')
  local together = pool.used + amount
  for index = 1, #ahead, 2 do
    local key, portion, most = string.match(ahead[index], '^(.*) (%d+) (%d+)$')
    if key == me or tonumber(ahead[index + 1]) > place then return 0 end
    local waiter = waiter_at(key)
    if waiter then
      together = together + tonumber(portion)
      if together > tonumber(most) or index > 2 * AHEAD then return math.max(0, waiter.retry - now) + TURN end
    else
      redis.call('ZREM', line, ahead[index])
    end
  end
  return 0
end

local function join(line, member, place, delay)
  redis.call('ZADD', line, plain(place), member)
  local kept = math.ceil((delay + GRACE) / 1000)
  if redis.call('PTTL', line) < kept then redis.call('PEXPIRE', line, plain(kept)) end
end

if ARGV[1] == 'look' then
  local states = {}
  for index = 2, #KEYS, 2 do
    local written = redis.pcall('HGET', KEYS[index], 'kind')
    if type(written) == 'table' or not written and redis.call('EXISTS', KEYS[index]) == 1 then
      return finish(occupied(KEYS[index]))
    end
    if written then
      local pool, refusal = read_pool(KEYS[index], string.match(written, '^%S+ (%S+) (%S+)$'))
      if refusal then return finish(refusal) end
      local used = pool.used
      if pool.is_window and pool.unknown_until > now then used = pool.total end
      local state = {pool.key, written, pool.total, used, pool.closed, pool.is_banned and 1 or 0}
      local members = redis.pcall('ZRANGE', KEYS[index + 1], 0, -1)
      if members.err then return finish(occupied(KEYS[index + 1])) end
      for _, member in ipairs(members) do
        local waiter = waiter_at(string.match(member, '^(.*) %d+ %d+$'))
        if waiter then
          state[#state + 1], state[#state + 2] = waiter.rank, waiter.arrived
          state[#state + 1] = waiter.operation
        end
      end
      states[#states + 1] = state
    end
  end
  return finish(states)
end

local base, rank, operation = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local dues, reports = tonumber(ARGV[6]), tonumber(ARGV[7])

for index = 0, reports - 1 do
  local at = 8 + 5 * dues + 7 * index
  local pool, refusal = read_pool(KEYS[2 + 2 * dues + index], ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]))
  if refusal then return finish(refusal) end
  take_report(pool, tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), ARGV[at + 5] == '1', tonumber(ARGV[at + 6]))
  write_pool(pool)
end
if dues == 0 then return 0 end

local due, lines, me = {}, {}, KEYS[#KEYS]
for index = 1, dues do
  local at = 3 + 5 * index
  local pool, refusal = read_pool(KEYS[2 * index], ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]))
  if refusal then return finish(refusal) end
  due[index] = {
    pool = pool, line = KEYS[2 * index + 1], most = tonumber(ARGV[at + 3]), amount = tonumber(ARGV[at + 4]),
    member = me .. ' ' .. ARGV[at + 4] .. ' ' .. ARGV[at + 3],
  }
  lines[index] = due[index].line
end
local has_line = redis.call('EXISTS', unpack(lines)) > 0
if has_line then
  for _, line in ipairs(lines) do
    if type(redis.pcall('ZCARD', line)) == 'table' then return finish(occupied(line)) end
  end
end
local mine = has_line and waiter_at(me)
local arrived = mine and mine.arrived or now
local place = base + arrived

local delay, unknown = 0, 0
for _, one in ipairs(due) do
  one.delay = delay_of(one.pool, one.amount, one.most)
  if one.delay > 0 then unknown = math.max(unknown, one.pool.unknown_until - now) end
  if one.delay == 0 and has_line then one.delay = delay_in_line(one.line, one.pool, me, place, one.amount) end
  delay = math.max(delay, one.delay)
end

if delay == 0 then
  for _, one in ipairs(due) do
    if one.amount > 0 then spend(one.pool, one.amount) end
    if mine then redis.call('ZREM', one.line, one.member) end
  end
  if mine then redis.call('DEL', me) end
  return finish(0)
end

-- It waits in the lines of the pools that keep it longest: in others it would hold back requests that could go.
local closed = {}
for index, one in ipairs(due) do
  if 2 * one.delay >= delay then
    join(one.line, one.member, place, delay)
  elseif mine then
    redis.call('ZREM', one.line, one.member)
  end
  if one.pool.closed > now then
    closed[#closed + 1] = {index - 1, one.pool.closed - now, one.pool.is_banned and 1 or 0}
  end
end
local waiter = string.format('%.0f %.0f %s %s', now + delay, arrived, rank, operation)
redis.call('SET', me, waiter, 'PX', plain(math.ceil((delay + GRACE) / 1000)))
return finish({delay, unknown, closed})
