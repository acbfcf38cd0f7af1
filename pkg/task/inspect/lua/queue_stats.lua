-- How a queue stands.
-- KEYS: pending, active, scheduled, retry, archived, completed, groups, paused, processed, failed, processed today,
--       failed today
-- ARGV: the queue's prefix
-- Answers how many tasks are pending, active, scheduled, retry, archived, completed and aggregating, how many groups
-- there are, since when it is paused in s, the four counters, and since when its oldest pending task is pending in ns
-- (texts, "" for what there is not).
local answer = {}
for i = 1, 2 do answer[i] = redis.call('LLEN', KEYS[i]) end
for i = 3, 6 do answer[i] = redis.call('ZCARD', KEYS[i]) end
local groups = redis.call('SMEMBERS', KEYS[7])
answer[7] = 0
for _, group in ipairs(groups) do answer[7] = answer[7] + redis.call('ZCARD', ARGV[1] .. 'g:' .. group) end
answer[8] = #groups
for i = 8, 12 do answer[i + 1] = redis.call('GET', KEYS[i]) or '' end
local oldest = redis.call('LINDEX', KEYS[1], -1)
answer[14] = oldest and redis.call('HGET', ARGV[1] .. 't:' .. oldest, 'pending_since') or ''
return answer
