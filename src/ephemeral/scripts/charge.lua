-- Charges several limits, or none of them. The rules are in limit.rs.
-- KEYS: one per limit, all different. ARGV: now (microseconds), spare (milliseconds), then five per limit: kind and
-- four numbers.
-- Returns {0, time of the next possible charge} or {index of the limit with the longest delay, end of the delay}.
local now, spare = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Each rule returns nil and the time to retry, or the fields to write, their end and the time of the next possible
-- charge.
local rules = {}

function rules.rate(key, interval, burst)
  local arrival = math.max(tonumber(redis.call('HGET', key, 'arrival') or now), now)
  local tolerance = interval * burst
  local after = arrival + interval
  if now < after - tolerance then
    return nil, after - tolerance
  end
  return {arrival = after}, after, math.max(now, after + interval - tolerance)
end

function rules.budget(key, window, max, amount)
  local kept = redis.call('HMGET', key, 'start', 'used')
  local start, used = now - now % window, 0
  if kept[1] and tonumber(kept[1]) >= start then
    start, used = tonumber(kept[1]), tonumber(kept[2])
  end
  local ends, after = start + window, used + amount
  if after > max then
    return nil, ends
  end
  return {start = start, used = after}, ends, after + amount > max and ends or now
end

function rules.backoff(key, free, first, longest, forget)
  local kept = redis.call('HMGET', key, 'count', 'next', 'forget')
  local count, next_at = 0, now
  if kept[1] and now < tonumber(kept[3]) then
    count, next_at = tonumber(kept[1]), tonumber(kept[2])
  end
  if count >= free and now < next_at then
    return nil, next_at
  end
  count = count + 1
  local delay = 0
  if count >= free then
    delay = math.min(first * 2 ^ math.min(count - free, 30), longest)
  end
  local ends = now + delay + forget
  return {count = count, next = now + delay, forget = ends}, ends, now + delay
end

local writes, next_at, refused, retry = {}, now, 0, 0
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 5
  local fields, moment, following = rules[ARGV[at + 1]](
    key, tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]))
  if fields then
    writes[i] = {fields, moment}
    next_at = math.max(next_at, following)
  elseif moment > retry then
    refused, retry = i, moment
  end
end
if refused > 0 then
  return {refused, retry}
end
for i, key in ipairs(KEYS) do
  for field, value in pairs(writes[i][1]) do
    redis.call('HSET', key, field, string.format('%.0f', value))
  end
  redis.call('PEXPIRE', key, string.format('%.0f', math.ceil((writes[i][2] - now) / 1000) + spare))
end
return {0, next_at}
