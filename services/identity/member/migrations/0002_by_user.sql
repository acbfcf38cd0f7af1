-- The tenants of a user, a page at a time.
create index members_by_user_and_tenant on identity.members (user_id, tenant_id);
drop index identity.members_by_user;
