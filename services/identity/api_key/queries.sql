-- name: insert_api_key
insert into identity.api_keys (tenant_id, api_key_id, display_name, prefix, scopes, mac, created_at, expires_at, kind,
                               channel, allowed_origins, requests_per_minute)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: find_api_key
select api_key_id, tenant_id, display_name, prefix, scopes, created_at, expires_at, revoked_at, kind, channel,
       allowed_origins, requests_per_minute, rotations, previous_until, last_used_at, mac, previous_mac
from identity.api_keys
where api_key_id = $1;

-- name: list_api_keys
select api_key_id, tenant_id, display_name, prefix, scopes, created_at, expires_at, revoked_at, kind, channel,
       allowed_origins, requests_per_minute, rotations, previous_until, last_used_at
from identity.api_keys
where tenant_id = $1
  and ($2::boolean or revoked_at is null)
  and api_key_id < coalesce($3::bigint, 9223372036854775807)
order by api_key_id desc
limit $4;

-- name: lock_api_key
select api_key_id, tenant_id, display_name, prefix, scopes, created_at, expires_at, revoked_at, kind, channel,
       allowed_origins, requests_per_minute, rotations, previous_until, last_used_at
from identity.api_keys
where tenant_id = $1 and api_key_id = $2
for no key update;

-- name: rotate_api_key
update identity.api_keys
set previous_mac = mac, previous_until = $5, mac = $3, prefix = $4, rotations = rotations + 1
where tenant_id = $1 and api_key_id = $2;

-- name: revoke_api_key
update identity.api_keys
set revoked_at = $3
where tenant_id = $1 and api_key_id = $2 and revoked_at is null;

-- name: revoke_api_keys_of_tenant
update identity.api_keys
set revoked_at = $2
where tenant_id = $1 and revoked_at is null;

-- name: note_uses
update identity.api_keys k
set last_used_at = greatest(k.last_used_at, used.at)
from (select unnest($1::bigint[]) as id, to_timestamp(unnest($2::bigint[]) / 1000000.0) as at) used
where k.api_key_id = used.id;

-- name: notify
select pg_notify('identity_api_keys', $1);

-- name: lock_platform_keys
select pg_advisory_xact_lock(hashtextextended('identity.platform_keys', 0));

-- name: has_platform_key
select exists (select from identity.api_keys where tenant_id = 0);
