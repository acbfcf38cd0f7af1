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

-- What is copied takes no parameters: the tenant is that of the transaction's scope.

-- name: read_by_index
select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), set_config('jit', 'off', true);

-- A column that is NULL costs less than an empty text.
-- name: copy_entries
copy (
  select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id,
    nullif(description, ''), metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash
  from ledger.entries
  where tenant_id = app.tenant_id()
  order by entry_id
) to stdout (format binary);

-- name: copy_runs
copy (
  select unit, member_id, expires_at, run, lots, amounts
  from ledger.lots
  where tenant_id = app.tenant_id()
  order by unit, member_id, expires_at, run
) to stdout (format binary);

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

-- name: has_signing_key
select exists (select from ledger.signing_keys where key_id = $1);
