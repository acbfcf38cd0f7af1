-- name: create_unit
insert into ledger.units (tenant_id, unit, created_at) values ($1, $2, $3);

-- Lanes keep what they know of a ledger for as long as its version stays.
-- name: move_version
update ledger.chains set version = version + 1 where tenant_id = $1;

-- The unit that every tenant has from the start.
-- name: ensure_unit
insert into ledger.units (tenant_id, unit, created_at) values ($1, $2, $3) on conflict do nothing;

-- name: list_units
select unit, created_at from ledger.units where tenant_id = $1 and unit > $2 order by unit limit $3;

-- A tenant is suspended: its own time stands still. What lanes keep of the ledger is of no use then, and no post is under
-- way: the chain's row is locked. No pause begins before one ended, nor before something was posted.
-- name: begin_pause
with chain as (update ledger.chains set version = version + 1 where tenant_id = $1 returning last_posted_at)
insert into ledger.pauses (tenant_id, begin_at)
select $1, greatest($2, (select last_posted_at from chain),
  (select max(end_at) from ledger.pauses where tenant_id = $1));

-- name: end_pause
with chain as (update ledger.chains set version = version + 1 where tenant_id = $1 returning last_posted_at)
update ledger.pauses
set end_at = greatest($2, begin_at, (select last_posted_at from chain))
where tenant_id = $1 and end_at is null;

-- name: list_pauses
select begin_at, end_at from ledger.pauses where tenant_id = $1 and begin_at > $2 order by begin_at limit $3;

-- name: list_all_pauses
select tenant_id, begin_at, end_at from ledger.pauses order by tenant_id, begin_at;

-- name: find_unit
select issuance, redemption, expiry, breakage from ledger.units where tenant_id = $1 and unit = $2;

-- name: find_entry
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from ledger.entries
where tenant_id = $1 and entry_id = $2;

-- name: list_entries
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from ledger.entries
where tenant_id = $1 and entry_id > $2 and entry_id <= $3
order by entry_id
limit $4;

-- name: list_entries_of_reference
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from ledger.entries
where tenant_id = $1 and reference_id = $2 and entry_id > $3 and entry_id <= $4;

-- Of one member, in one unit or in any ($3 null): each half is served by its index.
-- name: list_entries_of_member
select * from (
  (select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
    description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
   from ledger.entries
   where tenant_id = $1 and source = 'member:' || $2 and source_balance is not null
     and unit = any (coalesce($3::text[], (select array_agg(unit) from ledger.units where tenant_id = $1)))
     and entry_id > $4 and entry_id <= $5
   order by entry_id limit $6)
  union all
  (select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
    description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
   from ledger.entries
   where tenant_id = $1 and destination = 'member:' || $2 and destination_balance is not null
     and unit = any (coalesce($3::text[], (select array_agg(unit) from ledger.units where tenant_id = $1)))
     and entry_id > $4 and entry_id <= $5
   order by entry_id limit $6)) e
order by entry_id
limit $6;

-- The last entry that was posted by then; 0 when there is none. Times grow with the numbers, so halving finds it.
-- name: last_entry_by
with recursive search (low, high) as (
  select 0::bigint, coalesce((select size from ledger.chains where tenant_id = $1), 0)
  union all
  select case when e.posted_at <= $2 then e.entry_id else low end,
    case when e.posted_at <= $2 then high else e.entry_id - 1 end
  from search
  join ledger.entries e on e.tenant_id = $1 and e.entry_id = (low + high + 1) / 2
  where low < high
)
select low from search where low = high;

-- name: balance_at
select balance from (
  (select entry_id, source_balance as balance from ledger.entries
   where tenant_id = $1 and source = 'member:' || $3 and unit = $2 and source_balance is not null and entry_id <= $4
   order by entry_id desc limit 1)
  union all
  (select entry_id, destination_balance from ledger.entries
   where tenant_id = $1 and destination = 'member:' || $3 and unit = $2 and destination_balance is not null
     and entry_id <= $4
   order by entry_id desc limit 1)
) last order by entry_id desc limit 1;

-- Floor, end, what is on hold by then, and what has expired by then and is not closed yet: by then in own time.
-- name: find_account
select coalesce(a.floor, 0), a.closed_at is not null,
  (select coalesce(sum(amount), 0)::bigint from ledger.holds
   where tenant_id = $1 and unit = $2 and member_id = $3 and state = 'OPEN'
     and (expires_at is null or expires_at > $4)),
  (select coalesce(sum(amount), 0)::bigint from ledger.lots, unnest(amounts) as amount
   where tenant_id = $1 and unit = $2 and member_id = $3 and expires_at <= $4)
from (select) one
left join ledger.accounts a on a.tenant_id = $1 and a.unit = $2 and a.member_id = $3;

-- name: list_lots
select l.expires_at, l.run, part.lot, part.amount
from ledger.lots l
cross join lateral unnest(l.lots, l.amounts) as part (lot, amount)
where l.tenant_id = $1 and l.unit = $2 and l.member_id = $3 and (l.expires_at, l.run) >= ($4, $5)
  and (l.expires_at, l.run, part.lot) > ($4, $5, $6)
order by l.expires_at, l.run, part.lot
limit $7;

-- name: find_hold
select hold_id, unit, member_id, amount, state, captured, expires_at
from ledger.holds
where tenant_id = $1 and hold_id = $2;

-- What entries after $3 moved in and out of the system's accounts, and put on hold or released.
-- name: moved_since
select
  coalesce(sum(amount) filter (where destination = 'issuance'), 0)::bigint
    - coalesce(sum(amount) filter (where source = 'issuance'), 0)::bigint,
  coalesce(sum(amount) filter (where destination = 'redemption' and kind not in (4, 6)), 0)::bigint
    - coalesce(sum(amount) filter (where source = 'redemption' and kind not in (4, 6)), 0)::bigint,
  coalesce(sum(amount) filter (where destination = 'expiry'), 0)::bigint,
  coalesce(sum(amount) filter (where destination = 'breakage'), 0)::bigint
from ledger.entries
where tenant_id = $1 and unit = $2 and entry_id > $3;

-- Open holds at an entry: opened by then, and not ended by then.
-- name: held_at
select coalesce(sum(h.amount), 0)::bigint
from ledger.holds h
where h.tenant_id = $1 and h.unit = $2 and h.hold_id <= $3
  and (h.state = 'OPEN' or exists (
    select from ledger.entries e
    where e.tenant_id = $1 and e.hold = h.hold_id and e.entry_id > $3));

-- Parts of lots that entries after $3 took from members and gave to them.
-- name: list_moves
select entry_id, taken, given
from ledger.entries
where tenant_id = $1 and unit = $2 and entry_id > $3 and (taken is not null or given is not null)
order by entry_id
limit $4;

-- name: list_lot_expiries
select e.expires_at, e.posted_at, e.entry_id
from unnest($2::bigint[]) as named (id)
cross join lateral (
  select entry_id, expires_at, posted_at from ledger.entries where tenant_id = $1 and entry_id = named.id offset 0) e
where e.expires_at is not null;

-- name: expiring_by_month
select to_char((expires_at + $3::bigint * interval '1 microsecond') at time zone 'UTC', 'YYYY-MM'), sum(amount)::bigint
from ledger.lots, unnest(amounts) as amount
where tenant_id = $1 and unit = $2 and expires_at < 'infinity'
group by 1
order by 1;

-- What has expired in any tenant that has never been suspended, and may have in the others; after a place in that order.

-- name: list_due_lots
select expires_at, tenant_id, unit, member_id, run
from ledger.lots
where expires_at <= $1 and expires_at < 'infinity'
  and (expires_at, tenant_id, unit, member_id, run) > ($2, $3::bigint, $4::text, $5::text, $6::bigint)
order by expires_at, tenant_id, unit, member_id, run
limit $7;

-- name: list_due_holds
select expires_at, tenant_id, unit, member_id, hold_id
from ledger.holds
where state = 'OPEN' and expires_at <= $1 and (expires_at, tenant_id, hold_id) > ($2, $3::bigint, $4::bigint)
order by expires_at, tenant_id, hold_id
limit $5;
