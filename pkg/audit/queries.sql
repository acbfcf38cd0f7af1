-- name: insert_event
insert into audit.events (
  tenant_id, event_id, occurred_at, principal, method, resource, before_digest, after_digest, request_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
