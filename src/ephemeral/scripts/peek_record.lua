-- Reads a record. KEYS: key. ARGV: now (microseconds). Returns the record, or nil if it does not exist or has expired.
local kept = redis.call('HMGET', KEYS[1], 'record', 'expires')
if kept[1] and tonumber(ARGV[1]) < tonumber(kept[2]) then
  return kept[1]
end
return false
