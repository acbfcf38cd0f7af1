-- Ends attempts on tasks of one queue, each for itself.
-- KEYS: active, lease, retry, archived, completed, pending, processed, processed today, failed, failed today
-- ARGV: the prefix of task keys, when today's counters expire in s, then for each attempt:
--       id, owner's token, last lease end that the owner may have set in s, 1 | -1 (where in `active` to begin),
--       outcome (done | complete | retry | postpone | archive | requeue), message, score, lock
-- Answers for each attempt: ended | lost (somebody else has the task by now).
--
-- The token tells our own attempts apart. A Go program that has recovered the task sets no token, but a lease that ends
-- later than any of the owner's. Both are looked at before anything is written.
local call = redis.call
local prefix, expire_at = ARGV[1], ARGV[2]
local zsets = {retry = KEYS[3], postpone = KEYS[3], archive = KEYS[4], complete = KEYS[5]}
local states = {retry = 'retry', postpone = 'retry', archive = 'archived', complete = 'completed'}
local ids = {}
for i = 3, #ARGV, 8 do ids[#ids + 1] = ARGV[i] end
local leases = call('ZMSCORE', KEYS[2], unpack(ids))

local processed, failed = 0, 0
local answers, ended, gone, seen = {}, {}, {}, {}
for i = 3, #ARGV, 8 do
  local id, owner, lease_end, outcome, lock = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4], ARGV[i + 7]
  local task = prefix .. id
  local lease = leases[#answers + 1]
  if seen[id] or not lease or tonumber(lease) > tonumber(lease_end) or call('HGET', task, 'x:owner') ~= owner then
    answers[#answers + 1] = 'lost'
  else
    answers[#answers + 1] = 'ended'
    call('LREM', KEYS[1], ARGV[i + 3], id)
    ended[#ended + 1] = id
    seen[id] = true  -- an id that was pending twice ends once
    if outcome == 'done' then
      gone[#gone + 1] = task
    elseif outcome == 'requeue' then
      call('RPUSH', KEYS[6], id)
      call('HSET', task, 'state', 'pending', 'pending_since', ARGV[i + 6])
      call('HDEL', task, 'x:owner')
    else
      call('ZADD', zsets[outcome], ARGV[i + 6], id)
      call('HSET', task, 'msg', ARGV[i + 5], 'state', states[outcome])
      call('HDEL', task, 'x:owner')
    end
    if lock ~= '' and (outcome == 'done' or outcome == 'complete') and call('GET', lock) == id then
      call('DEL', lock)
    end
    if outcome == 'retry' or outcome == 'archive' then failed = failed + 1 end
    if outcome ~= 'requeue' and outcome ~= 'postpone' then processed = processed + 1 end
  end
end
if #ended > 0 then call('ZREM', KEYS[2], unpack(ended)) end
if #gone > 0 then call('UNLINK', unpack(gone)) end

local function count(total, today, by)
  if by == 0 then return end
  if call('INCRBY', today, by) == by then call('EXPIREAT', today, expire_at) end
  local before = call('GET', total)
  -- Nobody counts this far; asynq begins again at 1 when it does.
  if before and tonumber(before) > 9223372036854000000 then
    call('SET', total, by)
  else
    call('INCRBY', total, by)
  end
end
count(KEYS[7], KEYS[8], processed)
count(KEYS[9], KEYS[10], failed)
return answers
