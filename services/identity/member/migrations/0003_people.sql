-- Who looked one member up had all members of the tenant read: now those who are asked for, and nobody else.
drop function identity.people_of(bigint);

-- The names of members of a tenant, who as users are the platform's rows. Nothing else of them gets out of here, and a transaction
-- of another tenant asks in vain. All rows are there before the setting is put back, and it is before the first is used.
create function identity.people_of(of_tenant bigint, of_users bigint[])
  returns table (user_id bigint, email text, display_name text)
  language plpgsql
as $$
declare
  before text := coalesce(current_setting('app.platform', true), '');
begin
  perform set_config('app.platform', 'on', true);
  return query
    select u.user_id, u.email, u.display_name
    from identity.members m join identity.users u on u.tenant_id = 0 and u.user_id = m.user_id
    where m.tenant_id = of_tenant and m.user_id = any (of_users) and (app.tenant_id() is null or app.tenant_id() = of_tenant);
  perform set_config('app.platform', before, true);
end
$$;
revoke execute on function identity.people_of from public;
grant execute on function identity.people_of to smallbiznis_app;

-- Whether the user with this address is a member.
create function identity.has_member(of_tenant bigint, of_email text)
  returns boolean
  language plpgsql
as $$
declare
  before text := coalesce(current_setting('app.platform', true), '');
  answer boolean;
begin
  perform set_config('app.platform', 'on', true);
  answer := exists (
    select from identity.users u join identity.members m on m.tenant_id = of_tenant and m.user_id = u.user_id
    where u.email = of_email and (app.tenant_id() is null or app.tenant_id() = of_tenant));
  perform set_config('app.platform', before, true);
  return answer;
end
$$;
revoke execute on function identity.has_member from public;
grant execute on function identity.has_member to smallbiznis_app;
