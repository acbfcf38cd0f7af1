-- Posting. Every statement below lock_chain runs under that lock.
--
-- Statements are planned once on each connection, when the tables are empty or have grown and nobody has told the server:
-- it may then take the rows of a tenant for few, and go through all of them. So each look-up is written to leave one way
-- only, by the index that is meant: `lateral (... offset 0)` allows no join but once for each key; an order that only that
-- index offers, of columns that are not compared by equality, where another index also begins with the tenant.

-- Left to itself the server plans what takes arrays anew each time, which takes longer than doing it. For the transaction.
-- name: plan_once
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true), set_config('jit', 'off', true);

-- name: lock_chain
select version, size, head, peaks, last_posted_at from ledger.chains where tenant_id = $1 for update;

-- name: open_chain
insert into ledger.chains (tenant_id, version, size, head, peaks, last_posted_at)
values ($1, 0, 0, $2, '', 'epoch')
on conflict (tenant_id) do nothing;

-- name: load_units
select unit, issuance, redemption, expiry, breakage from ledger.units where tenant_id = $1 order by unit;

-- name: load_pauses
select begin_at, end_at from ledger.pauses where tenant_id = $1 order by begin_at;

-- name: load_references
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from unnest($2::text[]) as named (reference)
join lateral (
  select * from ledger.entries where tenant_id = $1 and reference_id >= named.reference
  order by reference_id limit 1) e on e.reference_id = named.reference;

-- Entries that are to be reverted, with whether they have been.
-- name: load_earlier
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash,
  r.by_id is not null
from unnest($2::bigint[]) as named (id)
cross join lateral (select * from ledger.entries where tenant_id = $1 and entry_id = named.id offset 0) e
left join lateral (
  select entry_id as by_id, reverts as reverted from ledger.entries where tenant_id = $1 and reverts >= named.id
  order by reverts limit 1) r on r.reverted = named.id;

-- name: load_lot_expiries
select e.entry_id, e.expires_at, e.posted_at
from unnest($2::bigint[]) as named (id)
cross join lateral (
  select entry_id, expires_at, posted_at from ledger.entries where tenant_id = $1 and entry_id = named.id offset 0) e;

-- name: load_holds
select hold_id, unit, member_id, amount, state, captured, expires_at
from unnest($2::bigint[]) as named (id)
cross join lateral (select * from ledger.holds where tenant_id = $1 and hold_id = named.id offset 0) h;

-- A member's balance is that of its last entry.
-- name: load_accounts
select k.unit, k.member_id, coalesce(a.floor, 0), a.closed_at is not null,
  case when s.entry_id > coalesce(d.entry_id, 0) then s.source_balance else coalesce(d.destination_balance, 0) end
from (select unit, member_id, 'member:' || member_id as account
      from unnest($2::text[], $3::text[]) as names (unit, member_id)) k
left join lateral (
  select floor, closed_at from ledger.accounts
  where tenant_id = $1 and unit = k.unit and member_id = k.member_id offset 0) a on true
left join lateral (
  select source, unit, entry_id, source_balance from ledger.entries
  where tenant_id = $1 and source_balance is not null
    and (source, unit, entry_id) <= (k.account, k.unit, 9223372036854775807)
  order by source desc, unit desc, entry_id desc limit 1) s on s.source = k.account and s.unit = k.unit
left join lateral (
  select destination, unit, entry_id, destination_balance from ledger.entries
  where tenant_id = $1 and destination_balance is not null
    and (destination, unit, entry_id) <= (k.account, k.unit, 9223372036854775807)
  order by destination desc, unit desc, entry_id desc limit 1) d on d.destination = k.account and d.unit = k.unit;

-- name: load_open_holds
select h.hold_id, h.unit, h.member_id, h.amount, h.state, h.captured, h.expires_at
from unnest($2::text[], $3::text[]) as k (unit, member_id)
cross join lateral (
  select * from ledger.holds
  where tenant_id = $1 and state = 'OPEN'
    and (unit, member_id) >= (k.unit, k.member_id) and (unit, member_id) <= (k.unit, k.member_id)
  order by unit, member_id offset 0) h;

-- name: load_first_runs
select k.unit, k.member_id, r.expires_at, r.run, r.lots, r.amounts
from unnest($2::text[], $3::text[]) as k (unit, member_id)
cross join lateral (
  select expires_at, run, lots, amounts from ledger.lots
  where tenant_id = $1 and unit = k.unit and member_id = k.member_id
  order by expires_at, run limit $4) r
order by 1, 2, 3, 4;

-- name: load_next_runs
select expires_at, run, lots, amounts
from ledger.lots
where tenant_id = $1 and unit = $2 and member_id = $3 and (expires_at, run) > ($4, $5)
order by expires_at, run
limit $6;

-- name: load_runs_of_lots
select expires_at, run, lots, amounts
from ledger.lots
where tenant_id = $1 and unit = $2 and member_id = $3 and lots && $4::bigint[]
order by expires_at, run;

-- name: insert_entries
insert into ledger.entries (tenant_id, entry_id, kind, unit, amount, source, destination, source_balance,
  destination_balance, reference_id, description, metadata, expires_at, reverts, hold, taken, given, actor, posted_at,
  hash)
select $1, entry_id, kind, unit, amount, source, destination, nullif(source_balance, -1),
  nullif(destination_balance, -1), nullif(reference_id, ''), description, nullif(metadata, '')::jsonb,
  nullif(expires_at, '')::timestamptz, nullif(reverts, 0), nullif(hold, 0), nullif(taken, ''), nullif(given, ''), actor,
  $2, hash
from unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[],
  $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::bigint[], $17::bytea[],
  $18::bytea[], $19::text[], $20::bytea[])
  as e (entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
    description, metadata, expires_at, reverts, hold, taken, given, actor, hash);

-- A range: for a list of them the server may go through all runs of the tenant.
-- name: delete_runs
delete from ledger.lots
where tenant_id = $1 and unit = $2 and member_id = $3 and (expires_at, run) >= ($4, $5) and (expires_at, run) <= ($6, $7);

-- They are there: the conflict is the way to find them. The lots of all runs are one array, of which each has a slice.
-- name: update_runs
insert into ledger.lots (tenant_id, unit, member_id, expires_at, run, lots, amounts)
select $1, unit, member_id, expires_at, run, ($8::bigint[])[first:last], ($9::bigint[])[first:last]
from unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[])
  as r (unit, member_id, expires_at, run, first, last)
on conflict (tenant_id, unit, member_id, expires_at, run) do update
set lots = excluded.lots, amounts = excluded.amounts;

-- name: insert_runs
insert into ledger.lots (tenant_id, unit, member_id, expires_at, run, lots, amounts)
select $1, unit, member_id, expires_at, run, ($8::bigint[])[first:last], ($9::bigint[])[first:last]
from unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[])
  as r (unit, member_id, expires_at, run, first, last);

-- name: write_holds
insert into ledger.holds (tenant_id, hold_id, unit, member_id, amount, state, captured, expires_at)
select $1, hold_id, unit, member_id, amount, state, captured, nullif(expires_at, '')::timestamptz
from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[])
  as h (hold_id, unit, member_id, amount, state, captured, expires_at)
on conflict (tenant_id, hold_id) do update set state = excluded.state, captured = excluded.captured;

-- They are there, too.
-- name: write_units
insert into ledger.units (tenant_id, unit, issuance, redemption, expiry, breakage, created_at)
select $1, unit, issuance, redemption, expiry, breakage, 'epoch'
from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  as w (unit, issuance, redemption, expiry, breakage)
on conflict (tenant_id, unit) do update
set issuance = excluded.issuance, redemption = excluded.redemption, expiry = excluded.expiry,
  breakage = excluded.breakage;

-- name: write_accounts
insert into ledger.accounts (tenant_id, unit, member_id, floor, closed_at)
select $1, unit, member_id, floor, case when closed::boolean then $2::timestamptz end
from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) as a (unit, member_id, floor, closed)
on conflict (tenant_id, unit, member_id) do update set floor = excluded.floor, closed_at = excluded.closed_at;

-- name: insert_tree_nodes
insert into ledger.tree_nodes (tenant_id, level, position, hash)
select $1, level, position, hash
from unnest($2::bigint[], $3::bigint[], $4::bytea[]) as n (level, position, hash);

-- name: move_chain
update ledger.chains set version = $2, size = $3, head = $4, peaks = $5, last_posted_at = $6 where tenant_id = $1;
