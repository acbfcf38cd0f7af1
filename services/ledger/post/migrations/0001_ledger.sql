-- The ledger: entries that are never changed, chained by their hashes, and what follows from them.
create schema ledger;
grant usage on schema ledger to smallbiznis_app;

-- Where a tenant's chain ends. Its row is the lock under which anything of the tenant's ledger is changed.
create table ledger.chains (
  tenant_id bigint not null,
  version bigint not null,
  size bigint not null,
  head bytea not null,
  -- The peaks of the Merkle tree over the entries' hashes, the largest first.
  peaks bytea not null,
  last_posted_at timestamptz not null,
  constraint chains_pk primary key (tenant_id),
  constraint chains_size check (size >= 0),
  constraint chains_head check (length(head) = 32)
);
grant select, insert, update on ledger.chains to smallbiznis_app;
select app.protect('ledger.chains');

-- The units of a tenant, with what the system's accounts hold of each.
create table ledger.units (
  tenant_id bigint not null,
  unit text collate "C" not null,
  issuance bigint not null default 0,
  redemption bigint not null default 0,
  expiry bigint not null default 0,
  breakage bigint not null default 0,
  created_at timestamptz not null,
  constraint units_pk primary key (tenant_id, unit)
);
grant select, insert, update on ledger.units to smallbiznis_app;
select app.protect('ledger.units');

-- What services/ledger/record calls an Entry. Source and destination name accounts: 'member:7', 'issuance'.
create table ledger.entries (
  tenant_id bigint not null,
  entry_id bigint not null,
  kind smallint not null,
  unit text collate "C" not null,
  amount bigint not null,
  source text collate "C" not null,
  destination text collate "C" not null,
  source_balance bigint,
  destination_balance bigint,
  reference_id text collate "C",
  description text not null,
  metadata jsonb,
  expires_at timestamptz,
  reverts bigint,
  hold bigint,
  taken bytea,
  given bytea,
  actor text not null,
  posted_at timestamptz not null,
  hash bytea not null,
  constraint entries_pk primary key (tenant_id, entry_id),
  constraint entries_amount check (amount > 0),
  constraint entries_hash check (length(hash) = 32)
);
-- Lists of a million lots are kept as they are: compressing them takes longer than writing them.
alter table ledger.entries alter column taken set storage external, alter column given set storage external;
create unique index entries_reference on ledger.entries (tenant_id, reference_id) where reference_id is not null;
create unique index entries_reverts on ledger.entries (tenant_id, reverts) where reverts is not null;
-- A member's entries, and its balance at any time: the last one up to then.
create index entries_of_source on ledger.entries (tenant_id, source, unit, entry_id) where source_balance is not null;
create index entries_of_destination on ledger.entries (tenant_id, destination, unit, entry_id)
  where destination_balance is not null;

grant select, insert on ledger.entries to smallbiznis_app;
select app.protect('ledger.entries');

create function ledger.refuse_change() returns trigger
  language plpgsql
as $$
begin
  raise exception 'entries of the ledger are never changed: post a new one' using errcode = 'restrict_violation';
end
$$;
create trigger entries_are_final before update or delete on ledger.entries
  for each row execute function ledger.refuse_change();
create trigger entries_are_never_emptied before truncate on ledger.entries
  for each statement execute function ledger.refuse_change();

-- What a member's account differs in from any other.
create table ledger.accounts (
  tenant_id bigint not null,
  unit text collate "C" not null,
  member_id text collate "C" not null,
  floor bigint not null,
  closed_at timestamptz,
  constraint accounts_pk primary key (tenant_id, unit, member_id),
  constraint accounts_floor check (floor >= 0)
);
grant select, insert, update on ledger.accounts to smallbiznis_app;
select app.protect('ledger.accounts');

-- Open lots in runs: lots of one account and one expiry, with what is left of each. Parts that have been spent are gone
-- from here; the entries tell of them.
create table ledger.lots (
  tenant_id bigint not null,
  unit text collate "C" not null,
  member_id text collate "C" not null,
  expires_at timestamptz not null,
  run bigint not null,
  lots bigint[] not null,
  amounts bigint[] not null,
  constraint lots_pk primary key (tenant_id, unit, member_id, expires_at, run)
) with (fillfactor = 60);
create index lots_by_expiry on ledger.lots (expires_at, tenant_id, unit, member_id, run)
  where expires_at < 'infinity';
grant select, insert, update, delete on ledger.lots to smallbiznis_app;
select app.protect('ledger.lots');

create table ledger.holds (
  tenant_id bigint not null,
  hold_id bigint not null,
  unit text collate "C" not null,
  member_id text collate "C" not null,
  amount bigint not null,
  state text not null,
  captured bigint not null default 0,
  expires_at timestamptz,
  constraint holds_pk primary key (tenant_id, hold_id),
  constraint holds_amount check (amount > 0 and captured between 0 and amount),
  constraint holds_state check (state in ('OPEN', 'CAPTURED', 'VOIDED', 'EXPIRED'))
);
create index holds_open on ledger.holds (tenant_id, unit, member_id) where state = 'OPEN';
create index holds_by_expiry on ledger.holds (expires_at, tenant_id, hold_id)
  where state = 'OPEN' and expires_at is not null;
grant select, insert, update on ledger.holds to smallbiznis_app;
select app.protect('ledger.holds');

-- Inner nodes of the Merkle tree, of every eighth level: proofs read some hundred rows, however long the chain is.
create table ledger.tree_nodes (
  tenant_id bigint not null,
  level smallint not null,
  position bigint not null,
  hash bytea not null,
  constraint tree_nodes_pk primary key (tenant_id, level, position),
  constraint tree_nodes_hash check (length(hash) = 32)
);
grant select, insert on ledger.tree_nodes to smallbiznis_app;
select app.protect('ledger.tree_nodes');

-- The end of a hold, for reports of the past.
create index entries_of_hold on ledger.entries (tenant_id, hold) where hold is not null;

-- Keys that sign tree heads: the platform's, so there is no tenant in them. Seeds are sealed.
create table ledger.signing_keys (
  key_id text collate "C" not null,
  public_key bytea not null,
  sealed_seed bytea not null,
  created_at timestamptz not null,
  constraint signing_keys_pk primary key (key_id),
  constraint signing_keys_public_key check (length(public_key) = 32)
);
grant select, insert on ledger.signing_keys to smallbiznis_app;
