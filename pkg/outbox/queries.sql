-- Relays are told when the transaction commits.
-- name: insert_messages
with added as (
  insert into outbox.messages (tenant_id, id, topic, key, payload, queue, traceparent, created_at)
  select tenant_id, id, topic, key, payload::jsonb, queue, traceparent, $8
  from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as message (tenant_id, id, topic, key, payload, queue, traceparent)
)
select pg_notify('outbox_messages', '');

-- Due messages in the order of their ids, without those that must wait for an earlier one of their key which another
-- relay holds.
-- name: claim_due
with claimed as materialized (
  select tenant_id, id, topic, key, queue, payload::text as payload, traceparent, run
  from outbox.messages
  where published_at is null and parked_at is null
  order by id
  limit $1
  for update skip locked
)
select tenant_id, id, topic, queue, payload, traceparent, run
from claimed
where not exists (
  select from outbox.messages earlier
  where earlier.key = claimed.key and earlier.id < claimed.id
    and earlier.published_at is null and earlier.parked_at is null
    and earlier.id not in (select id from claimed))
order by id;

-- Published before $1 and not done.
-- name: claim_under_way
select tenant_id, id, topic, queue, payload::text, traceparent, run
from outbox.messages
where published_at < $1 and done_at is null and parked_at is null
order by id
limit $2
for update skip locked;

-- name: mark_published
update outbox.messages
set published_at = $3, attempts = attempts + 1, last_error = null
from unnest($1::bigint[], $2::bigint[]) as published (tenant_id, id)
where messages.tenant_id = published.tenant_id and messages.id = published.id;

-- name: park
update outbox.messages
set parked_at = $3, last_error = $4
where tenant_id = $1 and id = $2 and done_at is null;

-- Answers the message as it was.
-- name: run_again
with parked as materialized (
  select tenant_id, id, topic, key, queue, payload::text as payload, parked_at, last_error
  from outbox.messages
  where tenant_id = $1 and id = $2 and parked_at is not null
  for update
), due as (
  update outbox.messages
  set parked_at = null, published_at = null, run = run + 1
  from parked
  where messages.tenant_id = parked.tenant_id and messages.id = parked.id
  returning pg_notify('outbox_messages', '')
)
select tenant_id, id, topic, key, queue, payload, parked_at, last_error from parked, due;

-- name: lock_message
select done_at is null and parked_at is null from outbox.messages where tenant_id = $1 and id = $2 for update;

-- name: mark_done
update outbox.messages set done_at = $3 where tenant_id = $1 and id = $2;

-- name: delete_done
delete from outbox.messages
where (tenant_id, id) in (
  select tenant_id, id from outbox.messages where done_at < $1 order by done_at limit $2 for update skip locked)
returning 1;

-- name: measure
select count(*) filter (where published_at is null and parked_at is null),
  count(*) filter (where parked_at is not null),
  min(created_at) filter (where published_at is null and parked_at is null)
from outbox.messages
where done_at is null and (published_at is null or parked_at is not null);

-- name: list_parked
select tenant_id, id, topic, key, queue, payload::text, parked_at, last_error
from outbox.messages
where parked_at is not null and id > $1
order by id
limit $2;
