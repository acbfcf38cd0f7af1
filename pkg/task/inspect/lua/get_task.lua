-- One task.
-- KEYS: the task, lease, scheduled, retry
-- ARGV: its id
-- Answers message, state, result, when it is due in s, its lease's end in s ("" for what there is not); nothing when
-- there is no such task.
local fields = redis.call('HMGET', KEYS[1], 'msg', 'state', 'result')
if not fields[1] then return {} end
local due = ''
if fields[2] == 'scheduled' then due = redis.call('ZSCORE', KEYS[3], ARGV[1]) or '' end
if fields[2] == 'retry' then due = redis.call('ZSCORE', KEYS[4], ARGV[1]) or '' end
return {fields[1], fields[2] or '', fields[3] or '', due, redis.call('ZSCORE', KEYS[2], ARGV[1]) or ''}
