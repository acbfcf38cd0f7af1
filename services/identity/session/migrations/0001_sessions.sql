-- Sessions of users. A user belongs to no tenant: these rows are the platform's own, tenant 0, which no tenant's transaction
-- sees. Nothing here lets anybody in: what a browser holds is made from the row and a secret.
create table identity.sessions (
  tenant_id bigint not null,
  user_id bigint not null,
  session_id bigint not null,
  -- From where the user signed in.
  address text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Null: in force, until expires_at.
  revoked_at timestamptz,
  constraint sessions_pk primary key (tenant_id, user_id, session_id),
  -- A session is looked up by its id alone.
  constraint sessions_id_unique unique (session_id),
  constraint sessions_tenant check (tenant_id = 0),
  constraint sessions_user check (user_id > 0),
  constraint sessions_time check (expires_at > created_at)
);

grant select, insert, update, delete on identity.sessions to smallbiznis_app;
select app.protect('identity.sessions');
