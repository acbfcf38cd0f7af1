-- What CreateTenant with an Idempotency-Key runs, as a pgbench script. A line `-- run FILE NAME ARG | ARG | ...` stands for the
-- statement of that name with its parameters; measure.py fills it in, so the peer always runs the statements of today.
-- :base is given; ids grow with time, as ours do. A colon before a letter or digit would be a variable, also inside quotes.
\set n :n + 1
\set tenant :base + :n * 1000 + :client_id * 10
\set domain :tenant + 1
\set key :tenant + 2
\set task :tenant + 3
begin;
-- run pkg/db/queries.sql set_scope '' | 'on'
-- run pkg/idempotency/queries.sql take_key 0 | 'api_key:' || '1' | '/smallbiznis.tenant.v1.TenantService/CreateTenant' | 'bench-' || :tenant::text | now()
-- run services/tenant/queries.sql insert_tenant :tenant | 'Toko ' || :tenant::text | 'b' || :tenant::text | 'COMPANY' | 'PROVISIONING' | 'ID' | 'Asia/Jakarta' | now()
-- run services/tenant/queries.sql insert_steps :tenant::bigint | '{ledger,loyalty,rule,voucher}' | now()
-- run services/domain/queries.sql insert_domain :tenant | :domain | 'b' || :tenant::text || '.smallbiznis.test' | 'SYSTEM' | true | 'VERIFIED' | now() | now()
-- run services/identity/api_key/queries.sql insert_api_key :tenant | :key | 'First key' | 'sbsk_live_1234567890123456789_abcd' | '{*}' | decode(repeat('ab', 32), 'hex') | now() | null
-- run pkg/outbox/queries.sql insert_messages array[:tenant, :tenant, :tenant, :tenant] | array[:task, :task::bigint + 1, :task::bigint + 2, :task::bigint + 3] | array['tenant:' || 'provisioning:' || 'ledger', 'tenant:' || 'provisioning:' || 'loyalty', 'tenant:' || 'provisioning:' || 'rule', 'tenant:' || 'provisioning:' || 'voucher'] | array['ledger:' || :tenant::text, 'loyalty:' || :tenant::text, 'rule:' || :tenant::text, 'voucher:' || :tenant::text] | array_fill('{"tenant_id":"1234567890123456789"}'::text, array[4]) | array_fill('default'::text, array[4]) | array_fill(''::text, array[4]) | now()
-- run pkg/audit/queries.sql append_event :tenant | now() | 'api_key:' || '1' | '/smallbiznis.tenant.v1.TenantService/CreateTenant' | 'tenants/' || :tenant::text | null | decode(repeat('cd', 32), 'hex') | '0123456789abcdef0123456789abcdef'
-- run pkg/idempotency/queries.sql save_answer 0 | 'api_key:' || '1' | '/smallbiznis.tenant.v1.TenantService/CreateTenant' | 'bench-' || :tenant::text | decode(repeat('ef', 32), 'hex') | decode(repeat('01', 560), 'hex') | now() + interval '1 day'
commit;
