-- Who works for a tenant, and who was asked to. The proof that an invitation's mail was read is a MAC of its id, stored nowhere.
create table identity.members (
  tenant_id bigint not null,
  user_id bigint not null,
  role text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint members_pk primary key (tenant_id, user_id),
  constraint members_tenant check (tenant_id > 0),
  constraint members_user check (user_id > 0),
  constraint members_role check (role ~ '^[a-z][a-z0-9_]{0,39}$')
);
create index members_by_user on identity.members (user_id);

create table identity.invitations (
  tenant_id bigint not null,
  invitation_id bigint not null,
  -- In its one form, see pkg/mail/address.h.
  email text collate "C" not null,
  role text not null,
  -- "user:72", "api_key:72".
  invited_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  mailed_at timestamptz,
  accepted_at timestamptz,
  revoked_at timestamptz,
  constraint invitations_pk primary key (tenant_id, invitation_id),
  -- A mailed token has nothing but this id.
  constraint invitations_id_unique unique (invitation_id),
  constraint invitations_tenant check (tenant_id > 0),
  constraint invitations_role check (role ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint invitations_end check (accepted_at is null or revoked_at is null)
);
create index invitations_by_time on identity.invitations (tenant_id, created_at);
-- One at a time is open for an address.
create unique index invitations_open_unique on identity.invitations (tenant_id, email)
  where accepted_at is null and revoked_at is null;

grant select, insert, update, delete on identity.members to smallbiznis_app;
select app.protect('identity.members');
grant select, insert, update on identity.invitations to smallbiznis_app;
select app.protect('identity.invitations');

-- The names of a tenant's members, who as users are the platform's rows. Nothing else of them gets out of here, and a
-- transaction of another tenant asks in vain. All rows are there before the setting is put back, and it is before the first is used.
create function identity.people_of(of_tenant bigint)
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
    where m.tenant_id = of_tenant and (app.tenant_id() is null or app.tenant_id() = of_tenant);
  perform set_config('app.platform', before, true);
end
$$;
revoke execute on function identity.people_of from public;
grant execute on function identity.people_of to smallbiznis_app;
