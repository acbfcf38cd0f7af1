-- Times in which the tenant was suspended: its ledger's own time stands still in them. What expires (lots, holds) is kept
-- in own time; entries keep the world's.
create table ledger.pauses (
  tenant_id bigint not null,
  begin_at timestamptz not null,
  end_at timestamptz,
  constraint pauses_pk primary key (tenant_id, begin_at),
  constraint pauses_order check (end_at >= begin_at)
);
grant select, insert, update on ledger.pauses to smallbiznis_app;
select app.protect('ledger.pauses');
