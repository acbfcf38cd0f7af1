-- Host names of tenants. A name has one owner at a time.
create schema domain;
grant usage on schema domain to smallbiznis_app;

create table domain.domains (
  tenant_id bigint not null,
  domain_id bigint not null,
  -- Lower-case A-labels; ordered byte by byte wherever the database lives.
  host text collate "C" not null,
  type text not null,
  is_primary boolean not null,
  verification_state text not null,
  created_at timestamptz not null,
  verified_at timestamptz,
  constraint domains_pk primary key (tenant_id, domain_id),
  constraint domains_host_unique unique (host),
  constraint domains_host_length check (length(host) between 1 and 253),
  constraint domains_type check (type in ('SYSTEM', 'CUSTOM')),
  constraint domains_verification_state check (verification_state in ('PENDING', 'VERIFIED', 'FAILED', 'LOST')),
  constraint domains_verified_at check (verification_state <> 'VERIFIED' or verified_at is not null)
);

create unique index domains_one_primary on domain.domains (tenant_id) where is_primary;
create index domains_by_host on domain.domains (tenant_id, host);

grant select, insert, update, delete on domain.domains to smallbiznis_app;
select app.protect('domain.domains');
