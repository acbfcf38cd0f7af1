-- Runs, archives or deletes one task, in whatever state it is.
-- ARGV: ..., its id, "check" to change nothing and only answer as if
-- Answers the outcome and, when that is "done", the state before, the message and the result. Other outcomes: missing |
-- active | pending | archived | aggregating (it is being aggregated).
--
-- A task that is in no list, which a Go program may have left behind, can be changed like any other. Deleting also takes
-- away an id without a task, and what is left of a task that has no message.
local id, checking = ARGV[5], ARGV[6] == 'check'
local task = prefix .. 't:' .. id
local fields = redis.call('HMGET', task, 'msg', 'state', 'group', 'unique_key', 'result')
local message, state, group = fields[1], fields[2], fields[3]

local function leave_everywhere()
  redis.call('LREM', KEYS[1], 0, id)
  for _, key in pairs(zsets) do redis.call('ZREM', key, id) end
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[8])) do
    redis.call('ZREM', prefix .. 'g:' .. name, id)
    forget_empty_group(name)
  end
end

local function leave_known_place()
  if state == 'pending' then
    redis.call('LREM', KEYS[1], -1, id)
  elseif state == 'aggregating' then
    redis.call('ZREM', prefix .. 'g:' .. group, id)
    forget_empty_group(group)
  else
    redis.call('ZREM', zsets[state], id)
  end
end

local function is_being_aggregated()
  for _, set in ipairs(redis.call('ZRANGE', KEYS[9], 0, -1)) do
    if redis.call('ZSCORE', set, id) then return true end
  end
  return false
end

local function is_anywhere()
  if redis.call('EXISTS', task) == 1 or is_at(id, 'active') or is_at(id, 'pending') then return true end
  for name in pairs(zsets) do
    if is_at(id, name) then return true end
  end
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[8])) do
    if is_at(id, 'aggregating', name) then return true end
  end
  return false
end

if not message then
  if action ~= 'delete' or not is_anywhere() then return {'missing'} end
  if not checking then
    leave_everywhere()
    redis.call('LREM', KEYS[2], 0, id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('UNLINK', task)
  end
  return {'done', '', '', ''}
end

local at_place = is_at(id, state, group)
if at_place and (state == 'active' or (action == 'run' and state == 'pending') or
                 (action == 'archive' and state == 'archived')) then
  return {state}
end
if not at_place and is_at(id, 'active') then return {'active'} end
if not at_place and is_being_aggregated() then return {'aggregating'} end
if not checking then
  if at_place then leave_known_place() else leave_everywhere() end
  apply(id, message, fields[4])
end
return {'done', state or '', message, fields[5] or ''}
