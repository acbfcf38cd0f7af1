-- Adds tasks to one queue that are to run at once and hold no lock: what enqueue.lua does for these, in half the time.
-- KEYS: pending
-- ARGV: the prefix of task keys, now in ns, then id and message of each task
-- Answers which tasks were refused because their id is taken, counted from 1.
--
-- Nearly always none is taken: then all are looked for at once.
local call = redis.call
local prefix, now = ARGV[1], ARGV[2]
local tasks = {}
for i = 3, #ARGV, 2 do tasks[#tasks + 1] = prefix .. ARGV[i] end
local some_taken = call('EXISTS', unpack(tasks)) > 0
local added, refused = {}, {}
local written = {}
for place, task in ipairs(tasks) do
  if written[task] or (some_taken and call('EXISTS', task) == 1) then
    refused[#refused + 1] = place
  else
    written[task] = true
    call('HSET', task, 'msg', ARGV[2 * place + 2], 'state', 'pending', 'pending_since', now)
    added[#added + 1] = ARGV[2 * place + 1]
  end
end
if #added > 0 then call('LPUSH', KEYS[1], unpack(added)) end
return refused
