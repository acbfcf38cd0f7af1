"""PostgreSQL itself keeps tenants apart: without the transaction's tenant setting the program's role sees no rows."""

import pytest
from harness import people, shop
from harness.ledger import Ledger

# Tables without a tenant: what is in them belongs to the program.
PROGRAM_TABLES = {"migrate.applied", "snowflake.node_leases", "ledger.signing_keys"}
# Users are of no tenant: these hold rows of tenant 0, the platform's own, and a constraint lets in no others.
USER_TABLES = {
    f"identity.{name}"
    for name in (
        "attempts", "ended_flows", "external_identities", "mailed_tokens", "recovery_codes", "sessions", "users"
    )
}
# A user with a row in each of them.
FILL_USER_TABLES = """
insert into identity.users values (0, 1, 'a@b.c', '', '$argon2id$', null, null, null, now(), now());
insert into identity.recovery_codes values (0, 1, decode(repeat('00', 32), 'hex'));
insert into identity.sessions values (0, 1, 1, '', now(), now() + interval '1 hour');
insert into identity.mailed_tokens values (0, 1, 'RESET', 'a@b.c', null, null, now(), now());
insert into identity.external_identities values (0, 1, 1, 'https://p.example', 's', '', now());
insert into identity.ended_flows values (0, decode(repeat('00', 32), 'hex'), now());
insert into identity.attempts values (0, decode(repeat('00', 32), 'hex'), 1, now(), now());
"""

# Protected as those of tenants are, and all of their rows are the platform's.
PLATFORM_TABLES = {"access.policy_rules"}


def count(server, table: str, **settings: str) -> list:
    try:
        return server.rows(f"select tenant_id, count(*) as n from {table} group by 1", role="app", settings=settings)
    except RuntimeError as error:
        assert "permission denied" in str(error)
        return []


@pytest.fixture(scope="module")
def filled(server):
    """Two tenants with a row in every table."""
    rest = server.rest()
    made = [rest.post("/v1/tenants", shop.draft(), idempotency_key=shop.unique("key")).ok() for _ in range(2)]
    for each in made:
        own = server.rest(each["apiKeySecret"])
        own.patch(f"/v1/tenants/{each['tenant']['tenantId']}", {"name": "X"}, idempotency_key=shop.unique("key")).ok()
        role = {"role": "cashier", "permissions": ["tenant:read"]}
        own.post(f"/v1/tenants/{each['tenant']['tenantId']}/roles", role).ok()
        rules = f"/v1/tenants/{each['tenant']['tenantId']}"
        own.post(f"{rules}/triggers", {"trigger": "VISIT", "attributes": [{"name": "n", "type": "int"}]}).ok()
        rule = {"name": "r", "trigger": "VISIT", "condition": "n > 1", "actions": [{"voucher": {"pool": "p"}}]}
        own.post(f"{rules}/rules", rule).ok()
        user = str(int(each["tenant"]["tenantId"]) + 1)
        server.stack.psql(
            people.insert_user(user, f"{user}@b.c"),
            f"insert into identity.members values ({each['tenant']['tenantId']}, {user}, 'viewer', now(), now())",
            database=server.database,
        )
        own.post(f"{rules}/invitations", {"email": "a@b.example", "role": "viewer"}).ok()
        ledger = Ledger.begin(server, shop.Shop(each["tenant"], each["domain"], each["apiKey"], each["apiKeySecret"]))
        rows = [{"memberId": "ann", "direction": "CREDIT", "amount": 1}] * 256  # a node of the tree stands for so many
        ledger.rest.post(f"{ledger.path}/entries:batchAdd", {"entries": rows}).ok()
        ledger.hold("ann", 1).ok()
        ledger.rest.post(f"{ledger.path}/members/ann:setFloor", {"floor": 1}).ok()
        for verb in ("suspend", "resume"):
            rest.post(f"/v1/tenants/{each['tenant']['tenantId']}:{verb}", {}).ok()
    server.stack.psql(FILL_USER_TABLES, database=server.database)
    return [each["tenant"]["tenantId"] for each in made]


def test_OnlyTheProgramsOwnTablesHaveNoTenant(server):
    assert set(server.tables()) - set(server.tenant_tables()) == PROGRAM_TABLES


def test_EveryTenantTableIsProtectedFromItsOwnerToo(server):
    for table in server.tenant_tables():
        state = server.rows(
            "select relrowsecurity as on, relforcerowsecurity as forced, (select count(*) from pg_policy where "
            "polrelid = c.oid and polqual is not null and polwithcheck is not null) as policies "
            f"from pg_class c where oid = '{table}'::regclass"
        )
        assert state == [{"on": True, "forced": True, "policies": 1}], table


def test_NoSettingNoRows(server, filled):
    for table in server.tenant_tables():
        tenant = 0 if table in USER_TABLES else filled[0]
        present = server.rows(f"select count(*) as n from {table} where tenant_id = {tenant}")
        assert (
            present[0]["n"] > 0 or table in PLATFORM_TABLES
        ), f"{table} holds nothing of the tenant: the test would prove nothing"
        assert count(server, table) == [], table
        for empty in ("", "0", "-1"):
            assert all(row["tenant_id"] == 0 for row in count(server, table, **{"app.tenant_id": empty})), table


def test_SettingShowsOneTenant(server, filled):
    for table in server.tenant_tables():
        rows = count(server, table, **{"app.tenant_id": filled[0]})
        assert {row["tenant_id"] for row in rows} <= {int(filled[0])}, table


@pytest.mark.parametrize(
    "statement",
    [
        "update tenant.tenants set name = 'x' where tenant_id = {other} returning 1",
        "delete from tenant.provisioning_steps where tenant_id = {other} returning 1",
        "with changed as (update identity.api_keys set revoked_at = now() returning tenant_id) "
        "select 1 from changed where tenant_id = {other}",
    ],
)
def test_OtherTenantsRowsAreOutOfReach(server, filled, statement):
    try:
        out = server.stack.psql(
            f"set app.tenant_id = '{filled[0]}'",
            "begin",
            statement.format(other=filled[1]),
            "rollback",
            database=server.database,
            role="app",
        )
    except RuntimeError as error:
        assert "permission denied" in str(error)
    else:
        assert out.strip() == ""


def test_RowsCannotBeWrittenForAnotherTenant(server, filled):
    with pytest.raises(RuntimeError, match="row-level security"):
        server.stack.psql(
            f"set app.tenant_id = '{filled[0]}'",
            "insert into tenant.provisioning_steps (tenant_id, service, state, updated_at) "
            f"values ({filled[1]}, 'x', 'PENDING', now())",
            database=server.database,
            role="app",
        )


def test_ProgramsRoleIsNeitherOwnerNorExempt(server):
    role = server.rows("select rolsuper, rolbypassrls from pg_roles where rolname = 'smallbiznis_app'")[0]
    assert role == {"rolsuper": False, "rolbypassrls": False}
    owned = server.rows("select relname from pg_class where relowner = 'smallbiznis_app'::regrole")
    assert owned == []
    for change in (
        "alter table tenant.tenants disable row level security",
        "create table public.x (a int)",
        "drop table tenant.tenants",
        "set role smallbiznis_owner",
    ):
        with pytest.raises(RuntimeError, match="must be owner|permission denied"):
            server.stack.psql(change, database=server.database, role="app")
