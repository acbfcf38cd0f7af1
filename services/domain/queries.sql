-- name: insert_domain
insert into domain.domains
  (tenant_id, domain_id, host, type, is_primary, verification_state, created_at, verified_at)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: find_domain
select domain_id, tenant_id, host, type, is_primary, verification_state, created_at, verified_at
from domain.domains
where tenant_id = $1 and domain_id = $2;

-- name: list_domains
select domain_id, tenant_id, host, type, is_primary, verification_state, created_at, verified_at
from domain.domains
where tenant_id = $1
  and ($2::text is null or type = $2)
  and host > $3
order by host
limit $4;
