-- pgbench takes a colon before a word for a variable of its own, in a text too: hence chr(58).
insert into naive.bare (tenant_id, entry_id, kind, unit, amount, source, destination, destination_balance, reference_id,
  description, actor, posted_at, hash)
select 1, nextval('naive.bare_ids'), 1, 'POINT', 10, 'issuance', 'member' || chr(58) || 'm' || n, 10,
  'a1b2c3d4-' || currval('naive.bare_ids'), '', 'api_key-7230018201', now(), decode(repeat('5a', 32), 'hex')
from generate_series(1, 1000) n;
