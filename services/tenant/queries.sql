-- The code comes from the sequence; a slug that is null is made from the code. No row: the slug is taken. The other
-- transaction that is about to take it is waited for.
-- name: insert_tenant
with number as materialized (select nextval('tenant.tenant_numbers') as n),
  coded as (select 'T' || lpad(n::text, greatest(4, length(n::text)), '0') as code from number)
insert into tenant.tenants
  (tenant_id, code, name, slug, type, state, country_code, timezone, version, created_at, updated_at)
select $1::bigint, code, $2::text, coalesce($3::text, 'tenant-' || lower(code)), $4::text, $5::text, $6::text, $7::text,
  1, $8::timestamptz, $8::timestamptz
from coded
on conflict on constraint tenants_slug_unique do nothing
returning tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at;

-- name: find_tenant
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where tenant_id = $1;

-- name: find_tenants
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where tenant_id = any ($1::bigint[])
order by tenant_id;

-- name: lock_tenant
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where tenant_id = $1
for no key update;

-- name: read_state
select state from tenant.tenants where tenant_id = $1;

-- name: hold_state
select state from tenant.tenants where tenant_id = $1 for share;

-- name: update_tenant
update tenant.tenants
set name = coalesce($3::text, name),
  country_code = coalesce($4::text, country_code),
  timezone = coalesce($5::text, timezone),
  version = version + 1,
  updated_at = $6
where tenant_id = $1 and version = $2
returning tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at;

-- An archived tenant keeps the reason for which it was suspended.
-- name: move_tenant
update tenant.tenants
set state = $3::text,
  suspended_from = $4::text,
  suspend_reason = case $3::text when 'SUSPENDED' then $5::text when 'ARCHIVED' then suspend_reason end,
  version = version + 1,
  updated_at = $6
where tenant_id = $1 and version = $2
returning tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at;

-- name: list_by_create_time_asc
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where ($1::text[] is null or state = any ($1))
  and ($2::text is null or type = $2)
  and ($3::text is null or country_code = $3)
  and ($4::text is null or name ilike $4)
  and created_at >= coalesce($5::timestamptz, '-infinity')
  and created_at < coalesce($6::timestamptz, 'infinity')
  and (created_at, tenant_id) > (coalesce($7::timestamptz, '-infinity'), coalesce($8::bigint, 0))
order by created_at, tenant_id
limit $9;

-- name: list_by_create_time_desc
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where ($1::text[] is null or state = any ($1))
  and ($2::text is null or type = $2)
  and ($3::text is null or country_code = $3)
  and ($4::text is null or name ilike $4)
  and created_at >= coalesce($5::timestamptz, '-infinity')
  and created_at < coalesce($6::timestamptz, 'infinity')
  and (created_at, tenant_id) < (coalesce($7::timestamptz, 'infinity'), coalesce($8::bigint, 0))
order by created_at desc, tenant_id desc
limit $9;

-- name: list_by_name_asc
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where ($1::text[] is null or state = any ($1))
  and ($2::text is null or type = $2)
  and ($3::text is null or country_code = $3)
  and ($4::text is null or name ilike $4)
  and created_at >= coalesce($5::timestamptz, '-infinity')
  and created_at < coalesce($6::timestamptz, 'infinity')
  and (name, tenant_id) > (coalesce($7::text, ''), coalesce($8::bigint, 0))
order by name, tenant_id
limit $9;

-- There is no greatest name, so the first page has no bound.
-- name: list_by_name_desc
select tenant_id, code, name, slug, type, state, suspended_from, country_code, timezone, version, created_at,
  updated_at
from tenant.tenants
where ($1::text[] is null or state = any ($1))
  and ($2::text is null or type = $2)
  and ($3::text is null or country_code = $3)
  and ($4::text is null or name ilike $4)
  and created_at >= coalesce($5::timestamptz, '-infinity')
  and created_at < coalesce($6::timestamptz, 'infinity')
  and ($7::text is null or (name, tenant_id) < ($7, $8::bigint))
order by name desc, tenant_id desc
limit $9;

-- name: insert_steps
insert into tenant.provisioning_steps (tenant_id, service, state, updated_at)
select $1, service, 'PENDING', $3
from unnest($2::text[]) as step (service);

-- name: list_steps
select service, state, attempts, last_error, updated_at
from tenant.provisioning_steps
where tenant_id = $1 and service > $2
order by service
limit $3;

-- name: begin_step
update tenant.provisioning_steps
set state = 'RUNNING', attempts = attempts + 1, updated_at = $3
where tenant_id = $1 and service = $2 and state <> 'DONE';

-- name: end_step
update tenant.provisioning_steps
set state = $3, last_error = $4, updated_at = $5
where tenant_id = $1 and service = $2 and state <> 'DONE';

-- name: count_open_steps
select count(*) from tenant.provisioning_steps where tenant_id = $1 and state <> 'DONE';

-- name: reopen_failed_steps
update tenant.provisioning_steps
set state = 'PENDING', updated_at = $2
where tenant_id = $1 and state = 'FAILED'
returning service;
