-- Locks the tenant's rules, and numbers the change.
-- name: take_change
insert into rule.heads (tenant_id, changes)
values ($1, 1)
on conflict on constraint heads_pk do update set changes = heads.changes + 1
returning changes;

-- name: ensure_head
insert into rule.heads (tenant_id, changes)
values ($1, 0)
on conflict on constraint heads_pk do nothing;

-- name: read_head
select changes
from rule.heads
where tenant_id = $1;

-- name: notify
select pg_notify('rule_changes', $1);

-- name: insert_rule
insert into rule.rules (tenant_id, rule_id, trigger, state, version, change, created_at, updated_at)
values ($1, $2, $3, 'DRAFT', 1, $4, $5, $5);

-- name: insert_version
insert into rule.versions (tenant_id, rule_id, version, content, created_at)
values ($1, $2, $3, $4::jsonb, $5);

-- name: update_rule
update rule.rules
set state = $3, version = $4, change = $5, updated_at = $6
where tenant_id = $1 and rule_id = $2;

-- name: delete_rule
update rule.rules
set change = $3, updated_at = $4, deleted_at = $4
where tenant_id = $1 and rule_id = $2;

-- name: find_rule
select r.rule_id, r.version, r.state, v.content::text, r.created_at, r.updated_at
from rule.rules r join rule.versions v using (tenant_id, rule_id, version)
where r.tenant_id = $1 and r.rule_id = $2 and r.deleted_at is null;

-- name: find_version
select r.rule_id, v.version, r.state, v.content::text, r.created_at, v.created_at
from rule.rules r join rule.versions v using (tenant_id, rule_id)
where r.tenant_id = $1 and r.rule_id = $2 and v.version = $3 and r.deleted_at is null;

-- name: list_rules
select r.rule_id, r.version, r.state, v.content::text, r.created_at, r.updated_at
from rule.rules r join rule.versions v using (tenant_id, rule_id, version)
where r.tenant_id = $1 and r.rule_id > $2 and r.deleted_at is null and ($3 = '' or r.trigger = $3)
  and (cardinality($4::text[]) = 0 or r.state = any ($4::text[]))
order by r.rule_id
limit $5;

-- name: list_versions
select r.rule_id, v.version, r.state, v.content::text, r.created_at, v.created_at
from rule.rules r join rule.versions v using (tenant_id, rule_id)
where r.tenant_id = $1 and r.rule_id = $2 and v.version < $3 and r.deleted_at is null
order by v.version desc
limit $4;

-- name: count_rules
select count(*)
from rule.rules
where tenant_id = $1 and deleted_at is null;

-- The rules that have changed since, whatever has become of them.
-- name: changed_rules
select r.rule_id, r.version, r.trigger, r.deleted_at is null and r.state = 'ACTIVE',
  case when r.deleted_at is null and r.state = 'ACTIVE' then v.content::text end
from rule.rules r join rule.versions v using (tenant_id, rule_id, version)
where r.tenant_id = $1 and r.change > $2;

-- name: insert_trigger
insert into rule.triggers (tenant_id, trigger, description, attributes, created_at, updated_at)
values ($1, $2, $3, $4::jsonb, $5, $5);

-- name: update_trigger
update rule.triggers
set description = $3, attributes = $4::jsonb, updated_at = $5
where tenant_id = $1 and trigger = $2;

-- name: delete_trigger
delete from rule.triggers
where tenant_id = $1 and trigger = $2;

-- name: find_trigger
select trigger, description, attributes::text, created_at, updated_at
from rule.triggers
where tenant_id = $1 and trigger = $2;

-- name: list_triggers
select trigger, description, attributes::text, created_at, updated_at
from rule.triggers
where tenant_id = $1
order by trigger;

-- Of a deleted rule nothing is evaluated any more.
-- name: trigger_in_use
select exists (select from rule.rules where tenant_id = $1 and trigger = $2 and deleted_at is null);
