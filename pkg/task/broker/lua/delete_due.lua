-- Deletes tasks of a sorted set with their hashes: those that are due, and the oldest ones beyond a number.
-- KEYS: completed | archived
-- ARGV: the prefix of task keys, cutoff in s, how many may stay ("" for any number), how many to delete at most
-- Answers how many it deleted.
local most = tonumber(ARGV[4])
local ids = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0, most)
if #ids == 0 and ARGV[3] ~= '' then
  local surplus = math.min(redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3]), most)
  if surplus > 0 then ids = redis.call('ZRANGE', KEYS[1], 0, surplus - 1) end
end
for _, id in ipairs(ids) do
  redis.call('UNLINK', ARGV[1] .. id)
  redis.call('ZREM', KEYS[1], id)
end
return #ids
