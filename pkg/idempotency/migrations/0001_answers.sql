-- The first answer of each mutation that came with an Idempotency-Key.
create schema idempotency;
grant usage on schema idempotency to smallbiznis_app;

create table idempotency.answers (
  tenant_id bigint not null,  -- 0: a platform principal's
  principal text not null,
  method text not null,
  key text not null,
  request_digest bytea not null,
  answer bytea not null,  -- sealed
  expires_at timestamptz not null,
  constraint answers_pkey primary key (tenant_id, principal, method, key)
);
create index answers_expires_at_idx on idempotency.answers (expires_at);
grant select, insert, update, delete on idempotency.answers to smallbiznis_app;
select app.protect('idempotency.answers');

-- Takes the key for the rest of the transaction and only then looks for an answer. Being volatile, its second statement
-- sees what a twin committed after the calling statement had begun (READ COMMITTED); in one plain statement, that twin's
-- lock would be free and its answer not yet visible.
-- `busy`: a twin holds the key. Neither `busy` nor an answer: the caller is the first.
create function idempotency.take_key(
  in for_tenant bigint, in for_principal text, in for_method text, in for_key text, in at_time timestamptz,
  out busy boolean, out stored_digest bytea, out stored_answer bytea)
language plpgsql volatile as $$
begin
  busy := not pg_try_advisory_xact_lock(hashtextextended(
    concat_ws(chr(31), 'idempotency', for_tenant, for_principal, for_method, for_key), 0));
  if not busy then
    select a.request_digest, a.answer into stored_digest, stored_answer
      from idempotency.answers a
     where a.tenant_id = for_tenant and a.principal = for_principal and a.method = for_method and a.key = for_key
       and a.expires_at > at_time;
  end if;
end $$;
revoke execute on function idempotency.take_key from public;
grant execute on function idempotency.take_key to smallbiznis_app;
