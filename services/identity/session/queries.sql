-- name: insert_session
insert into identity.sessions (tenant_id, user_id, session_id, address, created_at, expires_at)
values (0, $1, $2, $3, $4, $5);

-- name: find_session
select user_id, session_id, address, created_at, expires_at, revoked_at
from identity.sessions
where session_id = $1;

-- name: list_sessions
select user_id, session_id, address, created_at, expires_at, revoked_at
from identity.sessions
where tenant_id = 0 and user_id = $1 and revoked_at is null and expires_at > $2
order by session_id desc
limit $3;

-- name: lock_session
select user_id, session_id, address, created_at, expires_at, revoked_at
from identity.sessions
where tenant_id = 0 and user_id = $1 and session_id = $2
for no key update;

-- name: revoke_session
update identity.sessions
set revoked_at = $3
where tenant_id = 0 and user_id = $1 and session_id = $2 and revoked_at is null;

-- name: revoke_sessions_of_user
update identity.sessions
set revoked_at = $2
where tenant_id = 0 and user_id = $1 and revoked_at is null;

-- What nobody can use any more is of no use to the user's list either.
-- name: delete_sessions_of_user
delete from identity.sessions
where tenant_id = 0 and user_id = $1 and expires_at < $2;

-- name: notify
select pg_notify('identity_sessions', $1);
