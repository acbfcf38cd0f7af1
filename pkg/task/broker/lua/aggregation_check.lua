-- Makes a set of the members of a group, when it is time.
-- KEYS: the group, the set to be made, aggregation_sets
-- ARGV: now in s, grace period in s, longest delay in s (0: none), most members (0: any number), until when the set is
--       the caller's in s
-- Answers 1, or 0 when it is not time yet.
--
-- The group stays in `groups` until its set is gone, empty or not: whoever puts the members back finds it there.
local now, grace, delay, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function added_at(rank)
  return tonumber(redis.call('ZRANGE', KEYS[1], rank, rank, 'WITHSCORES')[2])
end
local size = redis.call('ZCARD', KEYS[1])
if size == 0 then return 0 end
local due = (most > 0 and size >= most)
    or (delay > 0 and added_at(0) <= now - delay)
    or added_at(-1) <= now - grace
if not due then return 0 end
if most == 0 or size <= most then
  redis.call('RENAME', KEYS[1], KEYS[2])
else
  redis.call('ZRANGESTORE', KEYS[2], KEYS[1], 0, most - 1)
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, most - 1)
end
redis.call('ZADD', KEYS[3], ARGV[5], KEYS[2])
return 1
