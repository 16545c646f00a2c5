-- Returns charges and clears keys. The rules are in limit.rs.
-- KEYS: all different. ARGV: now (microseconds), then six per key: time of the charge, kind and four numbers.
local now = tonumber(ARGV[1])
local rules = {}

function rules.clear(key)
  redis.call('DEL', key)
end

function rules.rate(key, _, interval)
  local arrival = redis.call('HGET', key, 'arrival')
  if not arrival then
    return
  end
  local before = tonumber(arrival) - interval
  if before > now then
    redis.call('HSET', key, 'arrival', string.format('%.0f', before))
  else
    redis.call('DEL', key)
  end
end

function rules.budget(key, at, window, _, amount)
  local kept = redis.call('HMGET', key, 'start', 'used')
  if kept[1] and tonumber(kept[1]) == at - at % window then
    redis.call('HSET', key, 'used', string.format('%.0f', math.max(tonumber(kept[2]) - amount, 0)))
  end
end

function rules.backoff(key)
  local count = tonumber(redis.call('HGET', key, 'count') or 0)
  if count > 1 then
    redis.call('HSET', key, 'count', string.format('%.0f', count - 1), 'next', '0')
  else
    redis.call('DEL', key)
  end
end

for i, key in ipairs(KEYS) do
  local base = 1 + (i - 1) * 6
  rules[ARGV[base + 2]](
    key, tonumber(ARGV[base + 1]), tonumber(ARGV[base + 3]), tonumber(ARGV[base + 4]), tonumber(ARGV[base + 5]))
end
return 1
