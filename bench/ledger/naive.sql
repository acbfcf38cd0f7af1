\set tenant random(1, :tenants)
\set member random(1, 1000)
begin;
select size, hash from naive.heads where tenant_id = :tenant for update \gset
insert into naive.balances values (:tenant, 'm' || :member, 10)
on conflict (tenant_id, member_id) do update set balance = naive.balances.balance + 10 returning balance \gset
\set next :size + 1
insert into naive.entries (tenant_id, entry_id, member_id, amount, reference_id, balance, posted_at, hash)
values (:tenant, :next, 'm' || :member, 10, gen_random_uuid()::text, :balance, now(),
  sha256(:hash::bytea || int8send(:next))) returning hash \gset
update naive.heads set size = :next, hash = :hash::bytea where tenant_id = :tenant;
commit;
