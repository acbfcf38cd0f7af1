-- Users. They belong to no tenant: these rows are the platform's own, tenant 0, which no tenant's transaction sees. Nothing
-- here lets anybody in: passwords are hashes, app secrets are sealed, recovery codes are MACs, mailed tokens are not stored.
create table identity.users (
  tenant_id bigint not null,
  user_id bigint not null,
  -- In its one form, see pkg/mail/address.h.
  email text collate "C" not null,
  display_name text not null,
  password_hash text not null,
  -- Sealed and bound to the user. Null: there is no app. It counts once it was confirmed.
  totp_secret bytea,
  totp_confirmed_at timestamptz,
  -- The last step whose code was taken: no code is good twice.
  totp_last_step bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint users_pk primary key (tenant_id, user_id),
  constraint users_email_unique unique (email),
  constraint users_tenant check (tenant_id = 0),
  constraint users_id check (user_id > 0),
  constraint users_email_length check (length(email) between 3 and 254),
  constraint users_display_name_length check (length(display_name) <= 200),
  constraint users_password_hash check (password_hash like '$argon2id$%'),
  constraint users_totp check (totp_secret is not null or (totp_confirmed_at is null and totp_last_step is null))
);

create table identity.recovery_codes (
  tenant_id bigint not null,
  user_id bigint not null,
  mac bytea not null,
  -- Null: still good.
  used_at timestamptz,
  constraint recovery_codes_pk primary key (tenant_id, user_id, mac),
  constraint recovery_codes_user foreign key (tenant_id, user_id) references identity.users (tenant_id, user_id),
  constraint recovery_codes_mac_length check (octet_length(mac) = 32)
);

-- What somebody asked for and an address has to confirm. The token that is mailed is a MAC of the row's id and is not stored.
create table identity.mailed_tokens (
  tenant_id bigint not null,
  token_id bigint not null,
  errand text not null,
  email text collate "C" not null,
  -- The account to be: VERIFY only, until it is made.
  display_name text,
  password_hash text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  mailed_at timestamptz,
  used_at timestamptz,
  constraint mailed_tokens_pk primary key (tenant_id, token_id),
  constraint mailed_tokens_tenant check (tenant_id = 0),
  constraint mailed_tokens_errand check (errand in ('VERIFY', 'RESET')),
  constraint mailed_tokens_account check (errand = 'VERIFY' or (display_name is null and password_hash is null))
);

create index mailed_tokens_by_expiry on identity.mailed_tokens (expires_at);

-- How often somebody tried lately: an account, an address. Whom a row is about is only known to who asks about them.
create table identity.attempts (
  tenant_id bigint not null,
  subject bytea not null,
  count integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz not null,
  constraint attempts_pk primary key (tenant_id, subject),
  constraint attempts_tenant check (tenant_id = 0),
  constraint attempts_subject_length check (octet_length(subject) = 32)
);

create index attempts_by_time on identity.attempts (last_at);

grant select, insert, update on identity.users to smallbiznis_app;
select app.protect('identity.users');
grant select, insert, update, delete on identity.recovery_codes to smallbiznis_app;
select app.protect('identity.recovery_codes');
grant select, insert, update, delete on identity.mailed_tokens to smallbiznis_app;
select app.protect('identity.mailed_tokens');
grant select, insert, update, delete on identity.attempts to smallbiznis_app;
select app.protect('identity.attempts');
