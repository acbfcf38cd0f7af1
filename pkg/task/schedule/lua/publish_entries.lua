-- Says what a scheduler's entries are.
-- KEYS: the scheduler's list
-- ARGV: seconds to live, then the record of each entry
redis.call('DEL', KEYS[1])
for i = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
if #ARGV > 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return redis.status_reply('OK')
