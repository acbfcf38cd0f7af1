-- Takes a lease that nobody has, or renews the caller's.
-- KEYS: the lease, the marks
-- ARGV: the caller's token, how long in ms, how long marks are kept in s
-- Answers taken | renewed | another's.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return "another's" end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return holder and 'renewed' or 'taken'
