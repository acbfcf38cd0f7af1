-- Rules, their versions, and the triggers that tenants declare.
create schema rule;
grant usage on schema rule to smallbiznis_app;

-- Counts the changes of a tenant's rules. Its row is the lock under which they are changed, so that a change that is
-- seen is never followed by one with a lower number.
create table rule.heads (
  tenant_id bigint not null,
  changes bigint not null,
  constraint heads_pk primary key (tenant_id)
);
grant select, insert, update on rule.heads to smallbiznis_app;
select app.protect('rule.heads');

create table rule.triggers (
  tenant_id bigint not null,
  trigger text collate "C" not null,
  description text not null,
  attributes jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint triggers_pk primary key (tenant_id, trigger),
  constraint triggers_trigger check (trigger ~ '^[A-Z][A-Z0-9_]{1,39}$')
);
grant select, insert, update, delete on rule.triggers to smallbiznis_app;
select app.protect('rule.triggers');

-- The state of each rule and its newest version. A deleted one stays, for those who have seen it.
create table rule.rules (
  tenant_id bigint not null,
  rule_id bigint not null,
  trigger text collate "C" not null,
  state text not null,
  version integer not null,
  change bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  constraint rules_pk primary key (tenant_id, rule_id),
  constraint rules_state check (state in ('DRAFT', 'ACTIVE', 'INACTIVE')),
  constraint rules_version check (version >= 1)
);
create index rules_changes on rule.rules (tenant_id, change);
create index rules_triggers on rule.rules (tenant_id, trigger) where deleted_at is null;
grant select, insert, update on rule.rules to smallbiznis_app;
select app.protect('rule.rules');

-- What a rule says at each of its versions. Never changed: the program has no right to.
create table rule.versions (
  tenant_id bigint not null,
  rule_id bigint not null,
  version integer not null,
  content jsonb not null,
  created_at timestamptz not null,
  constraint versions_pk primary key (tenant_id, rule_id, version)
);
grant select, insert on rule.versions to smallbiznis_app;
select app.protect('rule.versions');
