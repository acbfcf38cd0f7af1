-- What change_task and change_tasks share: this stands before either of them.
-- KEYS: pending, active, lease, scheduled, retry, archived, completed, groups, aggregation sets
-- ARGV: the queue's prefix, run | archive | delete, now in s, now in ns, then what the script says
local prefix, action, now, now_ns = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local zsets = {scheduled = KEYS[4], retry = KEYS[5], archived = KEYS[6], completed = KEYS[7]}

-- Whether the id is where its task says it is. Costs a walk through a list where the state is active or pending.
local function is_at(id, state, group)
  if state == 'active' then return redis.call('ZSCORE', KEYS[3], id) or redis.call('LPOS', KEYS[2], id) end
  if state == 'pending' then return redis.call('LPOS', KEYS[1], id) end
  if zsets[state] then return redis.call('ZSCORE', zsets[state], id) end
  return state == 'aggregating' and group and redis.call('ZSCORE', prefix .. 'g:' .. group, id)
end

local function forget_empty_group(group)
  if redis.call('EXISTS', prefix .. 'g:' .. group) == 0 then redis.call('SREM', KEYS[8], group) end
end

-- Field 10 of a message. Go programs do not write the lock of a grouped task anywhere else.
local function lock_in(message)
  local at = 1
  local function varint()
    local value, unit = 0, 1
    while true do
      local byte = message:byte(at)
      if not byte then return nil end
      at = at + 1
      value = value + byte % 128 * unit
      if byte < 128 then return value end
      unit = unit * 128
    end
  end
  while at <= #message do
    local tag = varint()
    local value = varint()  -- of a text, its length
    if not value then return nil end
    if tag % 8 == 2 then
      if tag == 82 then return message:sub(at, at + value - 1) end
      at = at + value
    elseif tag % 8 ~= 0 then
      return nil
    end
  end
end

local function release_lock(id, message, lock)
  lock = lock or lock_in(message)
  local locks = prefix .. 'unique:'
  if lock and lock:sub(1, #locks) == locks and redis.call('GET', lock) == id then redis.call('DEL', lock) end
end

-- The change itself, of a task that is in no list any more.
local function apply(id, message, lock)
  local task = prefix .. 't:' .. id
  if action == 'delete' then
    release_lock(id, message, lock)
    redis.call('UNLINK', task)
  elseif action == 'run' then
    redis.call('LPUSH', KEYS[1], id)
    redis.call('HSET', task, 'state', 'pending', 'pending_since', now_ns)
  else
    redis.call('ZADD', KEYS[6], now, id)
    redis.call('HSET', task, 'state', 'archived')
    redis.call('HDEL', task, 'pending_since')
  end
end
