-- API keys. What is stored proves a key but cannot make one: an HMAC of the secret, and the first characters to show.
create schema identity;
grant usage on schema identity to smallbiznis_app;

create table identity.api_keys (
  -- 0: a key of the platform itself.
  tenant_id bigint not null,
  api_key_id bigint not null,
  display_name text not null,
  prefix text not null,
  scopes text[] not null,
  mac bytea not null,
  created_at timestamptz not null,
  -- Null: never.
  expires_at timestamptz,
  -- Null: in force.
  revoked_at timestamptz,
  constraint api_keys_pk primary key (tenant_id, api_key_id),
  -- A key is looked up by its id alone, before anybody knows whose it is.
  constraint api_keys_id_unique unique (api_key_id),
  constraint api_keys_tenant check (tenant_id >= 0),
  constraint api_keys_mac_length check (octet_length(mac) = 32),
  constraint api_keys_scopes_count check (cardinality(scopes) between 1 and 50)
);

grant select, insert, update on identity.api_keys to smallbiznis_app;
select app.protect('identity.api_keys');
