-- A ledger as one writes it first: a row at a time, under the lock of the tenant's head.
drop schema if exists naive cascade;
create schema naive;
create table naive.heads (tenant_id bigint primary key, size bigint not null, hash bytea not null);
create table naive.balances (tenant_id bigint, member_id text, balance bigint not null, primary key (tenant_id, member_id));
create table naive.entries (
  tenant_id bigint,
  entry_id bigint,
  member_id text not null,
  amount bigint not null,
  reference_id text not null,
  balance bigint not null,
  posted_at timestamptz not null,
  hash bytea not null,
  primary key (tenant_id, entry_id),
  unique (tenant_id, reference_id)
);
insert into naive.heads select t, 0, sha256('') from generate_series(1, 100) t;

-- What bulk insert alone can do: the rows of a ledger's entries with the same indexes, and nothing else.
create table naive.bare (like ledger.entries including all);
create sequence naive.bare_ids;
