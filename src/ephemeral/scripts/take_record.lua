-- Returns a record and deletes it. KEYS: key. ARGV: now (microseconds). Returns the same as peek_record.lua.
local kept = redis.call('HMGET', KEYS[1], 'record', 'expires')
if not kept[1] then
  return false
end
redis.call('DEL', KEYS[1])
return tonumber(ARGV[1]) < tonumber(kept[2]) and kept[1]
