-- An address that has an account already changes nothing.
-- name: insert_user
insert into identity.users (tenant_id, user_id, email, display_name, password_hash, created_at, updated_at)
values (0, $1, $2, $3, $4, $5, $5)
on conflict on constraint users_email_unique do nothing
returning user_id;

-- name: find_user_by_email
select user_id, email, display_name, created_at, password_hash, totp_secret, totp_confirmed_at, totp_last_step
from identity.users
where email = $1;

-- The hash of some account: which one depends on $1, 0 to 2^31 - 1, and stays the same for as long as nobody joins.
-- name: find_stand_in
select u.password_hash
from identity.users u,
  (select min(user_id) as low, max(user_id) as high from identity.users where tenant_id = 0) r
where u.tenant_id = 0 and u.user_id >= r.low + ((r.high - r.low)::numeric * $1 / 2147483648)::bigint
order by u.user_id
limit 1;

-- name: find_user
select user_id, email, display_name, created_at, password_hash, totp_secret, totp_confirmed_at, totp_last_step
from identity.users
where tenant_id = 0 and user_id = $1;

-- name: lock_user
select user_id, email, display_name, created_at, password_hash, totp_secret, totp_confirmed_at, totp_last_step
from identity.users
where tenant_id = 0 and user_id = $1
for no key update;

-- name: set_password
update identity.users
set password_hash = $2, updated_at = $3
where tenant_id = 0 and user_id = $1;

-- name: set_totp
update identity.users
set totp_secret = $2, totp_confirmed_at = $3, totp_last_step = $4, updated_at = $5
where tenant_id = 0 and user_id = $1;

-- name: set_totp_step
update identity.users
set totp_last_step = $2
where tenant_id = 0 and user_id = $1;

-- name: delete_recovery_codes
delete from identity.recovery_codes
where tenant_id = 0 and user_id = $1;

-- name: insert_recovery_codes
insert into identity.recovery_codes (tenant_id, user_id, mac)
select 0, $1, unnest($2::bytea[]);

-- name: use_recovery_code
update identity.recovery_codes
set used_at = $3
where tenant_id = 0 and user_id = $1 and mac = $2 and used_at is null
returning mac;

-- name: insert_mailed_token
insert into identity.mailed_tokens
  (tenant_id, token_id, errand, email, display_name, password_hash, created_at, expires_at)
values (0, $1, $2, $3, $4, $5, $6, $7);

-- name: find_mailed_token
select token_id, errand, email, display_name, password_hash, expires_at, mailed_at, used_at
from identity.mailed_tokens
where tenant_id = 0 and token_id = $1;

-- name: lock_mailed_token
select token_id, errand, email, display_name, password_hash, expires_at, mailed_at, used_at
from identity.mailed_tokens
where tenant_id = 0 and token_id = $1
for no key update;

-- What the account was to be is not kept twice.
-- name: use_mailed_token
update identity.mailed_tokens
set used_at = $2, display_name = null, password_hash = null
where tenant_id = 0 and token_id = $1;

-- name: mark_mailed
update identity.mailed_tokens
set mailed_at = $2
where tenant_id = 0 and token_id = $1;

-- name: delete_mailed_tokens
delete from identity.mailed_tokens
where tenant_id = 0 and token_id in (
  select token_id from identity.mailed_tokens
  where expires_at < $1
  order by expires_at
  limit $2
  for update skip locked);

-- Counts an attempt of $1 at $2 unless it is blocked. What lies before $3 is forgotten; from the $4-th attempt on each
-- blocks the next one for twice as long as the one before: $5 microseconds at first, $6 at most.
-- name: take_attempt
insert into identity.attempts as a (tenant_id, subject, count, last_at, blocked_until)
values (0, $1, 1, $2, $2)
on conflict on constraint attempts_pk do update
set count = case when a.last_at < $3 then 1 else a.count + 1 end,
  last_at = $2,
  blocked_until = case
    when a.last_at < $3 or a.count + 1 < $4::integer then $2::timestamptz
    else $2::timestamptz
      + least($6::bigint, $5::bigint << least(a.count + 1 - $4::integer, 20)) * interval '1 microsecond'
  end
where a.blocked_until <= $2
returning count;

-- name: find_block
select blocked_until
from identity.attempts
where tenant_id = 0 and subject = $1;

-- name: clear_attempts
delete from identity.attempts
where tenant_id = 0 and subject = $1;

-- A pause that was earned by others stays.
-- name: give_attempt_back
update identity.attempts
set count = greatest(count - 1, 0)
where tenant_id = 0 and subject = $1;

-- name: delete_attempts
delete from identity.attempts
where tenant_id = 0 and subject in (
  select subject from identity.attempts
  where last_at < $1
  order by last_at
  limit $2
  for update skip locked);

-- An identity that is linked already changes nothing.
-- name: insert_external_identity
insert into identity.external_identities
  (tenant_id, external_identity_id, user_id, issuer, subject, email, created_at)
values (0, $1, $2, $3, $4, $5, $6)
on conflict on constraint external_identities_unique do nothing
returning external_identity_id;

-- name: find_external_identity
select external_identity_id, user_id, issuer, subject, email, created_at
from identity.external_identities
where issuer = $1 and subject = $2;

-- name: list_external_identities
select external_identity_id, user_id, issuer, subject, email, created_at
from identity.external_identities
where tenant_id = 0 and user_id = $1
order by external_identity_id
limit 100;

-- name: delete_external_identity
delete from identity.external_identities
where tenant_id = 0 and user_id = $1 and external_identity_id = $2
returning external_identity_id;

-- name: delete_external_identities
delete from identity.external_identities
where tenant_id = 0 and user_id = $1;

-- name: end_flow
insert into identity.ended_flows (tenant_id, digest, expires_at)
values (0, $1, $2)
on conflict on constraint ended_flows_pk do nothing
returning digest;

-- name: delete_ended_flows
delete from identity.ended_flows
where tenant_id = 0 and digest in (
  select digest from identity.ended_flows
  where expires_at < $1
  order by expires_at
  limit $2
  for update skip locked);
