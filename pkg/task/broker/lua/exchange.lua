-- Ends attempts on tasks of one queue, each for itself, then takes the oldest pending ones.
-- KEYS: active, lease, pending, paused, retry, archived, completed, processed, processed today, failed, failed today
-- ARGV: the prefix of task keys, when today's counters expire in s,
--       how many to take at most, when their lease ends in s, their owner's token,
--       then, when attempts are to be ended, portions of those that are done and leave nothing: how many, their owner's
--       token, the last lease end that the owner may have set in s, 1 | -1 (where in `active` to begin), ids; 0 after the
--       last portion; then for each other attempt: id, owner's token, last lease end, 1 | -1, outcome (done | complete |
--       retry | postpone | archive | requeue), message, score, lock
-- Answers which attempts were lost (somebody else has the task by now), counted from 1, and the tasks taken: id,
-- message, id, message, ...; or "paused" when the queue is.
--
-- The token tells our own attempts apart. A Go program that has recovered the task sets no token, but a lease that ends
-- later than any of the owner's. Both are looked at before anything is written.
local call = redis.call
local prefix, expire_at = ARGV[1], ARGV[2]
local lost, ended, gone = {}, {}, {}
local from = {}  -- of those that ended and are still in `active`: where to begin
local processed, failed = 0, 0

local function end_others(at, place)
  local zsets = {retry = KEYS[5], postpone = KEYS[5], archive = KEYS[6], complete = KEYS[7]}
  local states = {retry = 'retry', postpone = 'retry', archive = 'archived', complete = 'completed'}
  for i = at, #ARGV, 8 do
    local id, outcome, lock = ARGV[i], ARGV[i + 4], ARGV[i + 7]
    local task = prefix .. id
    local lease = call('ZSCORE', KEYS[2], id)
    place = place + 1
    if from[id] or not lease or tonumber(lease) > tonumber(ARGV[i + 2])
        or call('HGET', task, 'x:owner') ~= ARGV[i + 1] then
      lost[#lost + 1] = place
    else
      ended[#ended + 1] = id
      from[id] = ARGV[i + 3]
      if outcome == 'done' then
        gone[#gone + 1] = task
      elseif outcome == 'requeue' then
        call('RPUSH', KEYS[3], id)
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
end

-- Answers where the other attempts begin, and how many these were.
local function end_portions()
  local at, places = 6, 0
  local many = tonumber(ARGV[at])
  while many > 0 do
    local owner, latest, where = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
    local before = at + 3
    local leases = call('ZMSCORE', KEYS[2], unpack(ARGV, before + 1, before + many))
    for i = 1, many do
      local id, lease = ARGV[before + i], leases[i]
      local task = prefix .. id
      if from[id] or not lease or tonumber(lease) > latest or call('HGET', task, 'x:owner') ~= owner then
        lost[#lost + 1] = places + i
      else
        ended[#ended + 1] = id
        from[id] = where
        gone[#gone + 1] = task
      end
    end
    at, places = before + many + 1, places + many
    many = tonumber(ARGV[at])
  end
  processed = #gone
  return at + 1, places
end

-- Most often they are the oldest ones: whoever else is among these goes back.
local function remove_from_active()
  local oldest, others = call('RPOP', KEYS[1], #ended) or {}, {}
  for i = #oldest, 1, -1 do
    local id = oldest[i]
    if not from[id] then others[#others + 1] = id end
    from[id] = nil
  end
  if #others == 0 then return end
  call('RPUSH', KEYS[1], unpack(others))
  for _, id in ipairs(ended) do
    if from[id] then call('LREM', KEYS[1], from[id], id) end
  end
end

local function count(total, today, by)
  if by == 0 then return end
  if call('INCRBY', today, by) == by then call('EXPIREAT', today, expire_at) end
  local counted = redis.pcall('INCRBY', total, by)
  -- Nobody counts this far; asynq begins again at 1 when it does.
  if type(counted) == 'table' then call('SET', total, by) end
end

if #ARGV > 5 then
  local at, place = end_portions()
  if at <= #ARGV then end_others(at, place) end
  if #ended > 0 then
    remove_from_active()
    call('ZREM', KEYS[2], unpack(ended))
  end
  if #gone > 0 then call('UNLINK', unpack(gone)) end
  count(KEYS[8], KEYS[9], processed)
  count(KEYS[10], KEYS[11], failed)
end

local most = tonumber(ARGV[3])
if most == 0 then return {lost, {}} end
if call('EXISTS', KEYS[4]) == 1 then return {lost, redis.status_reply('paused')} end
local lease_end, owner = ARGV[4], ARGV[5]
local taken, active, lease = {}, {}, {}
for _, id in ipairs(call('RPOP', KEYS[3], most) or {}) do
  local task = prefix .. id
  local message = call('HGET', task, 'msg')
  if message then
    call('HSET', task, 'state', 'active', 'x:owner', owner)
    active[#active + 1] = id
    lease[#lease + 1] = lease_end
    lease[#lease + 1] = id
    taken[#taken + 1] = id
    taken[#taken + 1] = message
  else
    call('UNLINK', task)  -- its task is gone: it must not become active
  end
end
if #active > 0 then
  call('LPUSH', KEYS[1], unpack(active))
  call('ZADD', KEYS[2], unpack(lease))
end
return {lost, taken}
