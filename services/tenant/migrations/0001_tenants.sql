-- Tenants, and how far their downstream services are set up.
create schema tenant;
grant usage on schema tenant to smallbiznis_app;

-- Numbers of the codes T0001, T0002, ... A number that a rolled back transaction took stays unused.
create sequence tenant.tenant_numbers;
grant usage on sequence tenant.tenant_numbers to smallbiznis_app;

create table tenant.tenants (
  tenant_id bigint not null,
  code text not null,
  -- Sorted and searched as people expect in any script, wherever the database lives.
  name text collate "und-x-icu" not null,
  slug text collate "C" not null,
  type text not null,
  state text not null,
  -- The state to go back to; set while SUSPENDED.
  suspended_from text,
  suspend_reason text,
  country_code text not null,
  timezone text not null,
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint tenants_pk primary key (tenant_id),
  constraint tenants_code_unique unique (code),
  constraint tenants_slug_unique unique (slug),
  constraint tenants_id check (tenant_id > 0),
  constraint tenants_name_length check (length(name) between 1 and 200),
  constraint tenants_slug_form check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) between 3 and 40),
  constraint tenants_type check (type in ('PLATFORM', 'PERSONAL', 'COMPANY')),
  constraint tenants_state check (state in ('PENDING', 'PROVISIONING', 'ACTIVE', 'SUSPENDED', 'ARCHIVED')),
  constraint tenants_suspended_from check ((state = 'SUSPENDED') = (suspended_from is not null)),
  constraint tenants_version check (version > 0)
);

create index tenants_by_create_time on tenant.tenants (created_at, tenant_id);
create index tenants_by_name on tenant.tenants (name, tenant_id);

create table tenant.provisioning_steps (
  tenant_id bigint not null,
  service text collate "C" not null,
  state text not null,
  attempts integer not null default 0,
  last_error text not null default '',
  updated_at timestamptz not null,
  constraint provisioning_steps_pk primary key (tenant_id, service),
  constraint provisioning_steps_tenant foreign key (tenant_id) references tenant.tenants (tenant_id),
  constraint provisioning_steps_state check (state in ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
  constraint provisioning_steps_attempts check (attempts >= 0)
);

grant select, insert, update on tenant.tenants to smallbiznis_app;
select app.protect('tenant.tenants');
grant select, insert, update on tenant.provisioning_steps to smallbiznis_app;
select app.protect('tenant.provisioning_steps');
