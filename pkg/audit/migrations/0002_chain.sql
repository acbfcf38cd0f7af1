-- The rows of a tenant become a chain: numbered from 1 without gaps, each with a hash over its own fields and the hash of
-- the row before (../README.md has the bytes). Rows come in by audit.append only: the program's role may read, and call it.
-- Its event_id goes: the number is a row's name.

-- The last row of each trail, and the lock that numbers the next one. Updated in place: half of a page is kept free.
create table audit.heads (
  tenant_id bigint not null,
  event_number bigint not null,
  hash bytea not null,
  constraint heads_pkey primary key (tenant_id),
  constraint heads_event_number_check check (event_number > 0),
  constraint heads_hash_check check (octet_length(hash) = 32)
) with (fillfactor = 50);
grant select on audit.heads to smallbiznis_app;
select app.protect('audit.heads');
create trigger heads_stay before delete or truncate on audit.heads
  for each statement execute function audit.refuse_change();

select set_config('app.platform', 'on', true);
create temporary table unchained on commit drop as select * from audit.events;
drop table audit.events;

create table audit.events (
  tenant_id bigint not null,  -- 0: the platform's own trail
  event_number bigint not null,
  occurred_at timestamptz not null,
  principal text not null,
  method text not null,
  resource text not null,
  before_digest bytea,  -- SHA-256 of the state before; null: there was none
  after_digest bytea,
  request_id text not null,
  hash bytea not null,
  constraint events_pkey primary key (tenant_id, event_number),
  constraint events_before_digest_check check (octet_length(before_digest) = 32),
  constraint events_after_digest_check check (octet_length(after_digest) = 32),
  constraint events_hash_check check (octet_length(hash) = 32)
);
create index events_of_principal on audit.events (tenant_id, principal, event_number);
create index events_of_resource on audit.events (tenant_id, resource, event_number);
grant select on audit.events to smallbiznis_app;
select app.protect('audit.events');
create trigger events_append_only before update or delete or truncate on audit.events
  for each statement execute function audit.refuse_change();

-- A field: its length in four bytes, then itself; a length of -1 where there is none.
create function audit.field(value bytea) returns bytea
  language sql immutable parallel safe
  return case when value is null then int4send(-1) else int4send(octet_length(value)) || value end;

-- Adds a row to the end of a tenant's trail. Called last in a transaction, so that the head is locked for no longer than
-- the commit takes. As the owner, whom row-level security binds to the transaction's tenant like anybody else.
create function audit.append(
  tenant_id bigint, occurred_at timestamptz, principal text, method text, resource text, before_digest bytea,
  after_digest bytea, request_id text) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  own_fields bytea := audit.field(timestamptz_send($2)) || audit.field(convert_to($3, 'UTF8'))
    || audit.field(convert_to($4, 'UTF8')) || audit.field(convert_to($5, 'UTF8')) || audit.field($6) || audit.field($7)
    || audit.field(convert_to($8, 'UTF8'));
  tenant bytea := audit.field(int8send($1));
  number bigint;
  next_hash bytea;
begin
  insert into audit.heads as head (tenant_id, event_number, hash)
  values ($1, 1, sha256(audit.field('') || tenant || audit.field(int8send(1)) || own_fields))
  on conflict on constraint heads_pkey do update
  set event_number = head.event_number + 1,
      hash = sha256(audit.field(head.hash) || tenant || audit.field(int8send(head.event_number + 1)) || own_fields)
  returning event_number, hash into number, next_hash;
  insert into audit.events values ($1, number, $2, $3, $4, $5, $6, $7, $8, next_hash);
end $$;
revoke execute on function audit.append from public;
grant execute on function audit.append to smallbiznis_app;

do $$
declare
  each record;
begin
  for each in select * from unchained order by tenant_id, event_id loop
    perform audit.append(each.tenant_id, each.occurred_at, each.principal, each.method, each.resource, each.before_digest,
                         each.after_digest, each.request_id);
  end loop;
end $$;
select set_config('app.platform', '', true);
