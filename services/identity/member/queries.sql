-- name: list_memberships
select tenant_id, role
from identity.members
where user_id = $1 and tenant_id > $2
order by tenant_id
limit $3::bigint;

-- name: lock_owner
select pg_advisory_xact_lock(hashtextextended('identity.owners', $1));

-- name: count_owned
select count(*)
from identity.members
where user_id = $1 and role = 'owner';

-- What two do to the members of one tenant at once happens one after the other.
-- name: lock_members
select pg_advisory_xact_lock(hashtextextended('identity.members', $1));

-- name: list_members
with page as materialized (
  select user_id, role, created_at
  from identity.members
  where tenant_id = $1 and user_id > $2
  order by user_id
  limit $3
)
select m.user_id, p.email, p.display_name, m.role, m.created_at
from page m join identity.people_of($1, array(select user_id from page)) p on p.user_id = m.user_id
order by m.user_id;

-- name: find_member
select m.user_id, p.email, p.display_name, m.role, m.created_at
from identity.members m join identity.people_of($1, array[$2::bigint]) p on p.user_id = m.user_id
where m.tenant_id = $1 and m.user_id = $2;

-- name: has_member
select identity.has_member($1, $2);

-- name: count_other_owners
select count(*)
from identity.members
where tenant_id = $1 and user_id <> $2 and role = 'owner';

-- No row: the user is a member already.
-- name: insert_member
insert into identity.members (tenant_id, user_id, role, created_at, updated_at)
values ($1, $2, $3, $4, $4)
on conflict on constraint members_pk do nothing
returning user_id;

-- name: set_role
update identity.members
set role = $3, updated_at = $4
where tenant_id = $1 and user_id = $2;

-- name: delete_member
delete from identity.members
where tenant_id = $1 and user_id = $2;

-- name: count_invitations
select count(*), count(*) filter (where email = $2)
from identity.invitations
where tenant_id = $1 and created_at > $3;

-- name: revoke_open_invitation
update identity.invitations
set revoked_at = $3
where tenant_id = $1 and email = $2 and accepted_at is null and revoked_at is null;

-- name: revoke_invitations_of
update identity.invitations
set revoked_at = $3
where tenant_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null;

-- name: list_invitations
select tenant_id, invitation_id, email, role, invited_by, created_at, expires_at, mailed_at, accepted_at, revoked_at
from identity.invitations
where tenant_id = $1 and email > $2 and accepted_at is null and revoked_at is null and expires_at > $3
order by email
limit $4;

-- name: insert_invitation
insert into identity.invitations (tenant_id, invitation_id, email, role, invited_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: find_invitation
select tenant_id, invitation_id, email, role, invited_by, created_at, expires_at, mailed_at, accepted_at, revoked_at
from identity.invitations
where invitation_id = $1;

-- name: lock_invitation
select tenant_id, invitation_id, email, role, invited_by, created_at, expires_at, mailed_at, accepted_at, revoked_at
from identity.invitations
where invitation_id = $1
for no key update;

-- name: accept_invitation
update identity.invitations
set accepted_at = $3
where tenant_id = $1 and invitation_id = $2;

-- name: revoke_invitation
update identity.invitations
set revoked_at = $3
where tenant_id = $1 and invitation_id = $2;

-- name: mark_invitation_mailed
update identity.invitations
set mailed_at = $2
where invitation_id = $1;
