-- Who changed what. Rows are added and never changed: not by the program's role, which may only insert and read, and not
-- by the owner, whom the trigger stops.
create schema audit;
grant usage on schema audit to smallbiznis_app;

create table audit.events (
  tenant_id bigint not null,  -- 0: the platform's own trail
  event_id bigint not null,
  occurred_at timestamptz not null,
  principal text not null,
  method text not null,
  resource text not null,
  before_digest bytea,  -- SHA-256 of the state before; null: there was none
  after_digest bytea,
  request_id text not null,
  constraint events_pkey primary key (tenant_id, event_id),
  constraint events_before_digest_check check (octet_length(before_digest) = 32),
  constraint events_after_digest_check check (octet_length(after_digest) = 32)
);
grant select, insert on audit.events to smallbiznis_app;
select app.protect('audit.events');

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of audit.events: the audit trail is append-only', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger events_append_only before update or delete or truncate on audit.events
  for each statement execute function audit.refuse_change();
