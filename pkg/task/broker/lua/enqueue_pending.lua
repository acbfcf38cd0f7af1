-- Adds tasks to one queue that are to run at once and hold no lock: what enqueue.lua does for these, in half the time.
-- KEYS: pending
-- ARGV: the prefix of task keys, now in ns, then id and message of each task
-- Answers which tasks were refused because their id is taken, counted from 1.
local call = redis.call
local prefix, now = ARGV[1], ARGV[2]
local added, refused = {}, {}
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  local task = prefix .. id
  if call('EXISTS', task) == 1 then
    refused[#refused + 1] = (i - 1) / 2
  else
    call('HSET', task, 'msg', ARGV[i + 1], 'state', 'pending', 'pending_since', now)
    added[#added + 1] = id
  end
end
if #added > 0 then call('LPUSH', KEYS[1], unpack(added)) end
return refused
