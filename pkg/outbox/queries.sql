-- name: insert_messages
insert into outbox.messages (tenant_id, id, topic, key, payload, created_at)
select tenant_id, id, topic, key, payload::jsonb, $6
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
  as message (tenant_id, id, topic, key, payload);
