-- Work to be done after a commit. A row is written in the transaction that asks for the work and published by a relay.
create schema outbox;
grant usage on schema outbox to smallbiznis_app;

create table outbox.messages (
  tenant_id bigint not null,
  id bigint not null,
  topic text not null,
  key text not null,
  payload jsonb not null,
  created_at timestamptz not null,
  -- Null: still due.
  published_at timestamptz,
  attempts integer not null default 0,
  last_error text,
  constraint messages_pk primary key (tenant_id, id),
  constraint messages_topic_length check (length(topic) between 1 and 200),
  constraint messages_key_length check (length(key) between 1 and 200),
  constraint messages_attempts check (attempts >= 0)
);

-- What the relay reads: due messages in the order of their ids, which is the order within a key.
create index messages_due on outbox.messages (id) where published_at is null;

grant select, insert, update, delete on outbox.messages to smallbiznis_app;
select app.protect('outbox.messages');
