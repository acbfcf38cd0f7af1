-- name: take_key
select busy, stored_digest, stored_answer from idempotency.take_key($1, $2, $3, $4, $5)

-- name: save_answer
-- Under the key's lock, so what is there already has expired.
insert into idempotency.answers (tenant_id, principal, method, key, request_digest, answer, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict on constraint answers_pkey do update
   set request_digest = excluded.request_digest, answer = excluded.answer, expires_at = excluded.expires_at

-- name: delete_expired
delete from idempotency.answers
 where (tenant_id, principal, method, key) in (
   select tenant_id, principal, method, key
     from idempotency.answers
    where expires_at <= $1
    order by expires_at
    limit $2
      for update skip locked)
