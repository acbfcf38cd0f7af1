-- name: insert_role
insert into access.roles (tenant_id, role, description, permissions, created_at, updated_at)
values ($1, $2, $3, $4, $5, $5);

-- name: list_roles
select role, description, permissions, created_at, updated_at
from access.roles
where tenant_id = $1
order by role;

-- name: lock_role
select role, description, permissions, created_at, updated_at
from access.roles
where tenant_id = $1 and role = $2
for update;

-- name: update_role
update access.roles
set description = $3, permissions = $4, updated_at = $5
where tenant_id = $1 and role = $2;

-- name: delete_role
delete from access.roles
where tenant_id = $1 and role = $2;

-- Two who add a role to one tenant at once: the second counts what the first has added.
-- name: lock_roles
select pg_advisory_xact_lock(hashtextextended('access.roles', $1));

-- name: count_roles
select count(*)
from access.roles
where tenant_id = $1;

-- name: read_policy
select section, fields
from access.policy_rules
where tenant_id = 0
order by rule_number;

-- name: clear_policy
delete from access.policy_rules
where tenant_id = 0;

-- name: insert_rule
insert into access.policy_rules (tenant_id, rule_number, section, fields)
values (0, $1, $2, $3);

-- name: notify
select pg_notify('access_policy', $1);
