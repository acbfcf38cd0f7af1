-- The relay: where a message goes, and how far it is.
alter table outbox.messages
  add column queue text not null default 'default',
  -- W3C trace context of the call that wrote the message; empty: none.
  add column traceparent text not null default '',
  -- Set: not published, or not worked on, until somebody runs it again.
  add column parked_at timestamptz,
  -- Set: its effect is committed. Published and not done: due again when Redis has forgotten it.
  add column done_at timestamptz,
  -- How often a parked message was run again: part of the task's id.
  add column run integer not null default 0,
  add constraint messages_queue_length check (length(queue) between 1 and 200);

drop index outbox.messages_due;
create index messages_due on outbox.messages (id) where published_at is null and parked_at is null;
create index messages_due_by_key on outbox.messages (key, id) where published_at is null and parked_at is null;
create index messages_under_way on outbox.messages (published_at) where done_at is null and parked_at is null;
create index messages_parked on outbox.messages (parked_at) where parked_at is not null;
create index messages_done on outbox.messages (done_at) where done_at is not null;
