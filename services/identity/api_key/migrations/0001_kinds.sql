-- What a key is for, whom it is given to, and its second secret while it is exchanged.
alter table identity.api_keys
  add column kind text not null default 'SERVER',
  add column channel text not null default 'API',
  -- Of a PUBLISHABLE key: the pages that may show it. Empty: any caller.
  add column allowed_origins text[] not null default '{}',
  -- Null: no limit of its own.
  add column requests_per_minute integer,
  -- How often the key was given a new secret; those of WEBHOOK keys are derived from it.
  add column rotations integer not null default 0,
  -- The secret before the last rotation, kept after its time to say why it is refused.
  add column previous_mac bytea,
  add column previous_until timestamptz,
  -- Gathered in memory, so up to a minute late.
  add column last_used_at timestamptz,
  drop constraint api_keys_scopes_count,
  add constraint api_keys_scopes_count check (
    case kind when 'WEBHOOK' then cardinality(scopes) = 0 else cardinality(scopes) between 1 and 50 end),
  add constraint api_keys_kind check (kind in ('SERVER', 'PUBLISHABLE', 'WEBHOOK')),
  add constraint api_keys_channel check (channel in ('POS', 'ONLINE', 'PARTNER', 'API')),
  add constraint api_keys_origins check (cardinality(allowed_origins) = 0 or kind = 'PUBLISHABLE'),
  add constraint api_keys_rate check (requests_per_minute between 1 and 1000000),
  add constraint api_keys_previous check (
    (previous_mac is null) = (previous_until is null) and octet_length(previous_mac) = 32);
