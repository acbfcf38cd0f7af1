-- Deletes keys of a queue that has no tasks.
-- KEYS: pending, active, scheduled, retry, archived, completed, groups, aggregation sets, then what is to go
-- Answers 1, or 0 when there are tasks.
for i = 1, 8 do
  if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end
end
for i = 9, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
