-- Roles that tenants make, and the platform's policy where it is kept in the database (ACCESS_CONTROL.ADAPTER=database).
create schema access;
grant usage on schema access to smallbiznis_app;

create table access.roles (
  tenant_id bigint not null,
  role text not null,
  description text not null,
  permissions text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint roles_pk primary key (tenant_id, role),
  constraint roles_role check (role ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint roles_permissions_count check (cardinality(permissions) between 1 and 200)
);
grant select, insert, update, delete on access.roles to smallbiznis_app;
select app.protect('access.roles');

-- Rules of Casbin in their order.
create table access.policy_rules (
  tenant_id bigint not null,
  rule_number integer not null,
  section text not null,
  fields text[] not null,
  constraint policy_rules_pk primary key (tenant_id, rule_number),
  constraint policy_rules_of_the_platform check (tenant_id = 0)
);
grant select, insert, delete on access.policy_rules to smallbiznis_app;
select app.protect('access.policy_rules');
