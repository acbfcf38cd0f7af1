-- Node numbers of running processes. Belongs to the platform: no tenant, no row-level security.
create schema snowflake;
grant usage on schema snowflake to smallbiznis_app;

create table snowflake.node_leases (
  node integer not null,
  holder uuid,                    -- the process that has it; null: never taken
  expires_at timestamptz not null default '-infinity',
  constraint node_leases_pkey primary key (node),
  constraint node_leases_node_check check (node between 0 and 1023)
);
insert into snowflake.node_leases (node) select generate_series(0, 1023);
grant select, update on snowflake.node_leases to smallbiznis_app;
