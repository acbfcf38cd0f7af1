-- What written rows are checked against is computed once a statement, by sub-selects; it took four settings a row. No statement that
-- writes changes the settings. Rows are still found by the functions, which an index serves.
create or replace function app.protect(protected regclass) returns void
  language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', protected);
  execute format('alter table %s force row level security', protected);
  execute format(
    'create policy tenancy on %s using (tenant_id between app.first_tenant() and app.last_tenant())'
    ' with check (tenant_id between (select app.first_tenant()) and (select app.last_tenant()))', protected);
end
$$;

do $$
declare
  protected regclass;
begin
  for protected in select polrelid::regclass from pg_policy where polname = 'tenancy'
  loop
    execute format(
      'alter policy tenancy on %s'
      ' with check (tenant_id between (select app.first_tenant()) and (select app.last_tenant()))', protected);
  end loop;
end
$$;
