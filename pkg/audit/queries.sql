-- name: append_event
select audit.append($1, $2, $3, $4, $5, $6, $7, $8)

-- Pages of a trail by what is asked for. One statement for each index: with the filters of all three in one, a plan made for
-- any filter would serve none. First the newest first, then, for exports, in order and not beyond a row.
-- name: list_events
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number < $2
  and ($3::text is null or method = $3)
  and occurred_at >= coalesce($4, '-infinity'::timestamptz)
  and occurred_at < coalesce($5, 'infinity'::timestamptz)
order by event_number desc
limit $6

-- name: list_events_of_principal
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number < $2
  and ($3::text is null or method = $3)
  and occurred_at >= coalesce($4, '-infinity'::timestamptz)
  and occurred_at < coalesce($5, 'infinity'::timestamptz)
  and principal = $7
order by event_number desc
limit $6

-- name: list_events_of_resource
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number < $2
  and ($3::text is null or method = $3)
  and occurred_at >= coalesce($4, '-infinity'::timestamptz)
  and occurred_at < coalesce($5, 'infinity'::timestamptz)
  and ($7::text is null or principal = $7)
  and resource = $8
order by event_number desc
limit $6

-- name: export_events
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number > $2
  and event_number <= $3
  and ($4::text is null or method = $4)
  and occurred_at >= coalesce($5, '-infinity'::timestamptz)
  and occurred_at < coalesce($6, 'infinity'::timestamptz)
order by event_number
limit $7

-- name: export_events_of_principal
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number > $2
  and event_number <= $3
  and ($4::text is null or method = $4)
  and occurred_at >= coalesce($5, '-infinity'::timestamptz)
  and occurred_at < coalesce($6, 'infinity'::timestamptz)
  and principal = $8
order by event_number
limit $7

-- name: export_events_of_resource
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1
  and event_number > $2
  and event_number <= $3
  and ($4::text is null or method = $4)
  and occurred_at >= coalesce($5, '-infinity'::timestamptz)
  and occurred_at < coalesce($6, 'infinity'::timestamptz)
  and ($8::text is null or principal = $8)
  and resource = $9
order by event_number
limit $7

-- The trail in its order.
-- name: read_events
select tenant_id, event_number, occurred_at, principal, method, resource, before_digest, after_digest, request_id, hash
from audit.events
where tenant_id = $1 and event_number > $2
order by event_number
limit $3

-- The order is what leads to the rows by their numbers, also before the server knows how many there are.
-- name: read_hashes
select e.event_number, e.hash
from unnest($2::bigint[]) as named (number)
join lateral (
  select event_number, hash from audit.events where tenant_id = $1 and event_number >= named.number
  order by event_number limit 1) e on e.event_number = named.number

-- name: read_head
select event_number, hash
from audit.heads
where tenant_id = $1
