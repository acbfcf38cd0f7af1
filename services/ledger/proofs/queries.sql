-- name: chain_head
select size, head, peaks, last_posted_at from ledger.chains where tenant_id = $1;

-- name: list_hashes
select hash from ledger.entries where tenant_id = $1 and entry_id > $2 and entry_id <= $3 order by entry_id;

-- name: list_tree_nodes
select hash from ledger.tree_nodes
where tenant_id = $1 and level = $2 and position >= $3 and position < $4
order by position;

-- Verifying: what the tables hold that follow from the entries.

-- name: all_units
select unit, issuance, redemption, expiry, breakage from ledger.units where tenant_id = $1 order by unit;

-- name: all_pauses
select begin_at, end_at from ledger.pauses where tenant_id = $1 order by begin_at;

-- name: all_lots
select unit, member_id, coalesce(part.lot, 0), least(sum(coalesce(part.amount, 0)), 9223372036854775807)::bigint,
  min(expires_at), max(expires_at), min(coalesce(part.amount, 0)), min(run), max(run)
from ledger.lots left join lateral unnest(lots, amounts) as part (lot, amount) on true
where tenant_id = $1
group by 1, 2, 3
order by 1, 2, 3;

-- name: all_holds
select hold_id, unit, member_id, amount, state, captured, expires_at
from ledger.holds
where tenant_id = $1 and hold_id > $2
order by hold_id
limit $3;

-- name: all_tree_nodes
select level, position, hash from ledger.tree_nodes where tenant_id = $1 order by level, position;

-- name: insert_signing_key
insert into ledger.signing_keys (key_id, public_key, sealed_seed, created_at) values ($1, $2, $3, $4);

-- name: current_signing_key
select key_id, public_key, sealed_seed, created_at from ledger.signing_keys order by created_at desc, key_id desc limit 1;

-- name: list_signing_keys
select key_id, public_key, created_at
from ledger.signing_keys
where (created_at, key_id) < (coalesce($1::timestamptz, 'infinity'), $2::text)
order by created_at desc, key_id desc
limit $3;

-- name: read_entry
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from ledger.entries
where tenant_id = $1 and entry_id = $2;

-- name: read_entries
select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
  description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
from ledger.entries
where tenant_id = $1 and entry_id > $2
order by entry_id
limit $3;

-- name: has_signing_key
select exists (select from ledger.signing_keys where key_id = $1);
