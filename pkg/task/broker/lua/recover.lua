-- Ends attempts whose worker is gone, each for itself.
-- KEYS: active, lease, retry, archived, processed, processed today, failed, failed today
-- ARGV: the prefix of task keys, when today's counters expire in s, then for each attempt:
--       id, its lease's end as it was read, outcome (retry | archive), message, score
-- Answers for each attempt: ended | lost (somebody else was faster).
local prefix, expire_at = ARGV[1], ARGV[2]
local failed = 0
local answers = {}
for i = 3, #ARGV, 5 do
  local id, lease_end, outcome = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local lease = redis.call('ZSCORE', KEYS[2], id)
  local task = prefix .. id
  if not lease or tonumber(lease) ~= tonumber(lease_end) or redis.call('HEXISTS', task, 'msg') == 0 then
    answers[#answers + 1] = 'lost'
  else
    redis.call('LREM', KEYS[1], -1, id)
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZADD', outcome == 'archive' and KEYS[4] or KEYS[3], ARGV[i + 4], id)
    redis.call('HSET', task, 'msg', ARGV[i + 3], 'state', outcome == 'archive' and 'archived' or 'retry')
    redis.call('HDEL', task, 'x:owner')
    failed = failed + 1
    answers[#answers + 1] = 'ended'
  end
end
if failed > 0 then
  for counter = 5, 7, 2 do
    redis.call('INCRBY', KEYS[counter], failed)
    if redis.call('INCRBY', KEYS[counter + 1], failed) == failed then
      redis.call('EXPIREAT', KEYS[counter + 1], expire_at)
    end
  end
end
return answers
