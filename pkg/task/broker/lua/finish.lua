-- Ends attempts on tasks of one queue, each for itself.
-- KEYS: active, lease, retry, archived, completed, pending, processed, processed today, failed, failed today
-- ARGV: the prefix of task keys, when today's counters expire in s, now in s, then for each attempt:
--       id, owner's token, last lease end that the owner may have set in s, 1 | -1 (where in `active` to begin),
--       outcome (done | complete | retry | postpone | archive | requeue), message, score, lock
-- Answers for each attempt: ended | lost (somebody else has the task by now).
--
-- The token tells our own attempts apart. A Go program that has recovered the task sets no token, but a lease that ends
-- later than any of the owner's. Both are looked at before anything is written.
local prefix, expire_at, now = ARGV[1], ARGV[2], ARGV[3]
local zsets = {retry = KEYS[3], postpone = KEYS[3], archive = KEYS[4], complete = KEYS[5]}
local states = {retry = 'retry', postpone = 'retry', archive = 'archived', complete = 'completed'}
local processed, failed = 0, 0
local answers = {}
for i = 4, #ARGV, 8 do
  local id, owner, lease_end, outcome, lock = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4], ARGV[i + 7]
  local task = prefix .. id
  local lease = redis.call('ZSCORE', KEYS[2], id)
  if not lease or tonumber(lease) > tonumber(lease_end) or redis.call('HGET', task, 'x:owner') ~= owner then
    answers[#answers + 1] = 'lost'
  else
    redis.call('LREM', KEYS[1], ARGV[i + 3], id)
    redis.call('ZREM', KEYS[2], id)
    if outcome == 'done' then
      redis.call('UNLINK', task)
    elseif outcome == 'requeue' then
      redis.call('RPUSH', KEYS[6], id)
      redis.call('HSET', task, 'state', 'pending', 'pending_since', ARGV[i + 6])
      redis.call('HDEL', task, 'x:owner')
    else
      redis.call('ZADD', zsets[outcome], ARGV[i + 6], id)
      redis.call('HSET', task, 'msg', ARGV[i + 5], 'state', states[outcome])
      redis.call('HDEL', task, 'x:owner')
    end
    if lock ~= '' and (outcome == 'done' or outcome == 'complete') and redis.call('GET', lock) == id then
      redis.call('DEL', lock)
    end
    if outcome == 'retry' or outcome == 'archive' then failed = failed + 1 end
    if outcome ~= 'requeue' and outcome ~= 'postpone' then processed = processed + 1 end
    answers[#answers + 1] = 'ended'
  end
end

local function count(total, today, by)
  if by == 0 then return end
  if redis.call('INCRBY', today, by) == by then redis.call('EXPIREAT', today, expire_at) end
  local before = redis.call('GET', total)
  -- Nobody counts this far; asynq begins again at 1 when it does.
  if before and tonumber(before) > 9223372036854000000 then
    redis.call('SET', total, by)
  else
    redis.call('INCRBY', total, by)
  end
end
count(KEYS[7], KEYS[8], processed)
count(KEYS[9], KEYS[10], failed)
return answers
