-- What every tenant table goes by. A transaction says whose rows it works on (pkg/db/tx.h, Scope):
--   app.tenant_id   the tenant; unset or empty: none
--   app.platform    'on': every tenant's rows
-- Both are plain SQL functions, so that the planner inlines them and uses the index that begins with tenant_id.
create schema app;
grant usage on schema app to smallbiznis_app;

create function app.tenant_id() returns bigint
  language sql stable parallel safe
  return nullif(current_setting('app.tenant_id', true), '')::bigint;

create function app.platform() returns boolean
  language sql stable parallel safe
  return coalesce(current_setting('app.platform', true), '') = 'on';

-- The tenants in sight are a range, which an index on tenant_id can serve: one tenant, all of them (from 0, the
-- platform's own rows, up), or, without a setting, none (null).
create function app.first_tenant() returns bigint
  language sql stable parallel safe
  return case when app.platform() then 0 else app.tenant_id() end;

create function app.last_tenant() returns bigint
  language sql stable parallel safe
  return case when app.platform() then 9223372036854775807 else app.tenant_id() end;

-- Called by a room's migration for each of its tenant tables: `select app.protect('tenant.tenants');`
create function app.protect(protected regclass) returns void
  language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', protected);
  execute format('alter table %s force row level security', protected);
  execute format(
    'create policy tenancy on %s using (tenant_id between app.first_tenant() and app.last_tenant())'
    ' with check (tenant_id between app.first_tenant() and app.last_tenant())', protected);
end
$$;
