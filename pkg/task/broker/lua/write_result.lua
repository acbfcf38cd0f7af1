-- Keeps a result with a task while the attempt still has it: a deleted task must not come back as a ghost.
-- KEYS: the task
-- ARGV: the owner's token, the result
-- Answers 1, or 0 when somebody else has the task by now.
if redis.call('HGET', KEYS[1], 'x:owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'result', ARGV[2])
return 1
