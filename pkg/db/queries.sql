-- Transactions.
-- name: begin
begin

-- name: begin_read_only
begin read only

-- name: begin_snapshot
begin isolation level repeatable read read only

-- Local to the transaction: what row-level security goes by (migrations/0001_tenancy.sql).
-- name: set_scope
select set_config('app.tenant_id', $1, true), set_config('app.platform', $2, true)

-- name: commit
commit

-- name: rollback
rollback

-- name: ping
select 1

-- Migrations.
-- name: lock_migrations
select pg_advisory_lock(hashtextextended('smallbiznis.migrate', 0))

-- name: create_migrate_schema
create schema if not exists migrate

-- name: grant_migrate_schema
grant usage on schema migrate to smallbiznis_app

-- name: create_applied
create table if not exists migrate.applied (
  room text not null,
  number integer not null,
  file text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  constraint applied_pkey primary key (room, number)
)

-- name: grant_applied
grant select on migrate.applied to smallbiznis_app

-- name: list_applied
select room, number, file, checksum from migrate.applied order by room, number

-- name: insert_applied
insert into migrate.applied (room, number, file, checksum) values ($1, $2, $3, $4)
