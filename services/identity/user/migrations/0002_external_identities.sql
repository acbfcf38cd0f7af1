-- Who a user is at an OpenID Connect provider. Rows of the platform, tenant 0, like those of users.
create table identity.external_identities (
  tenant_id bigint not null,
  external_identity_id bigint not null,
  user_id bigint not null,
  issuer text collate "C" not null,
  subject text collate "C" not null,
  -- The address that the provider named when it was linked; nothing goes by it.
  email text not null,
  created_at timestamptz not null,
  constraint external_identities_pk primary key (tenant_id, external_identity_id),
  constraint external_identities_unique unique (issuer, subject),
  constraint external_identities_user foreign key (tenant_id, user_id) references identity.users (tenant_id, user_id),
  constraint external_identities_tenant check (tenant_id = 0),
  constraint external_identities_subject_length check (length(subject) between 1 and 255)
);

create index external_identities_by_user on identity.external_identities (tenant_id, user_id);

-- Sign-ins at a provider that came to an end: none does twice. Kept for as long as their cookies are good.
create table identity.ended_flows (
  tenant_id bigint not null,
  digest bytea not null,
  expires_at timestamptz not null,
  constraint ended_flows_pk primary key (tenant_id, digest),
  constraint ended_flows_tenant check (tenant_id = 0),
  constraint ended_flows_digest_length check (octet_length(digest) = 32)
);

create index ended_flows_by_expiry on identity.ended_flows (expires_at);

grant select, insert, delete on identity.external_identities to smallbiznis_app;
select app.protect('identity.external_identities');
grant select, insert, update, delete on identity.ended_flows to smallbiznis_app;
select app.protect('identity.ended_flows');
