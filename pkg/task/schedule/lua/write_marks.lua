-- Keeps marks of entries for the next leader, when the lease is the caller's.
-- KEYS: the lease, the marks
-- ARGV: the caller's token, how long they are kept in s, then entry id, its mark in s, ...
-- Answers 1, or 0 when the lease is another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
