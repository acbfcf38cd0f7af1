"""Every mutation leaves an audit row and, with a key, an idempotency record, in its own transaction."""

import pytest
from harness import contracts, mutations, shop, wait
from harness.server import WORKING


CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}
# What is counted or spent stays so when a call fails; what other threads write comes and goes.
OTHERS = {"identity.attempts", "identity.ended_flows", "snowflake.node_leases", "outbox.messages", "tenant.provisioning_steps"}


def check_refused(server, calls: dict[str, mutations.Mutation], before_each=lambda: None):
    """Without its row each mutation fails and leaves nothing; with it, the same request goes through."""
    tables = [table for table in server.tables() if table not in OTHERS]

    def everything():
        return server.dump(tables), server.rows("select max(id) from outbox.messages")

    with server.refusing_audit("refused-"):
        for name, mutation in calls.items():
            before_each()
            mutation.prepare()
            before, unique = everything(), shop.unique("id")
            answer = mutation.call(x_request_id=f"refused-{unique}", idempotency_key=unique)
            assert (answer.status, answer.json["code"], answer.reason) == (500, 13, "INTERNAL"), (name, answer.body)
            assert b"planted" not in answer.body and b"row" not in answer.body, name
            assert everything() == before, name
            answer = mutation.call(x_request_id=unique, idempotency_key=unique)
            assert answer.status == 200 and "Idempotent-Replayed" not in answer.headers, (name, answer.body)
            events = server.rows(f"select method from audit.events where request_id = '{unique}'")
            assert {event["method"] for event in events} == {contracts.methods()[name].path}
    errors = [line["error"] for line in server.log_lines() if line.get("request_id", "").startswith("refused-") and "error" in line]
    assert len(errors) == len(calls)
    for error in errors:
        assert error.startswith("the audit row was not written: ") and "planted" in error


def test_EveryMutationIsAuditedAndRemembered(rest, server, shop_a):
    calls = mutations.of_keys(rest, server, shop_a)
    assert set(calls) == mutations.trailed("key")
    for name, mutation in calls.items():
        mutation.prepare()
        request_id, key = shop.unique("request"), shop.unique("key")
        mutation.call(x_request_id=request_id, idempotency_key=key).ok()
        events = server.rows(f"select * from audit.events where request_id = '{request_id}'")
        assert len(events) == 1, name
        event = events[0]
        assert event["method"] == contracts.methods()[name].path
        assert event["principal"].startswith("api_key:"), name
        assert event["after_digest"] or name.split(".")[1].startswith(("Delete", "Remove")), name
        records = server.rows(f"select * from idempotency.answers where key = '{key}'")
        assert len(records) == 1, name


def test_AMutationWithoutItsRowLeavesNothing(start):
    server = start(ACCESS_CONTROL_ADAPTER="database")
    calls = mutations.of_keys(server.rest(), server, shop.create(server.rest()))
    assert set(calls) == mutations.trailed("key")
    check_refused(server, calls)


def test_AUsersMutationWithoutItsRowLeavesNothing(start, mail, provider):
    server = start(**WORKING, **mail.settings, **CHEAP, **provider.settings)
    user = mutations.User(server, mail, provider)
    wait.until(lambda: server.rest().get(user.made.path).ok()["state"] == "ACTIVE", "the tenant is active")
    calls = user.mutations()
    assert set(calls) == mutations.trailed("user")
    # All of this comes from one address, which would be asked to wait.
    check_refused(server, calls, lambda: server.stack.psql("delete from identity.attempts", database=server.database))


@pytest.mark.parametrize("sqlstate", ["42501", "23514", "23505", "22023", "53100", "XX000"])
def test_ARefusedRowIsInternalWhateverPostgresqlCallsIt(rest, server, shop_a, sqlstate):
    with server.refusing_audit(sqlstate=sqlstate), server.grpc() as grpc:
        assert rest.patch(shop_a.path, {"name": "Unseen"}).status == 500
        assert grpc.send("TenantService.SuspendTenant", {"tenantId": shop_a.id}).code == "INTERNAL"
    assert rest.get(shop_a.path).ok() == shop_a.tenant


@pytest.mark.parametrize(
    "name, path, body",
    [
        ("refused field", "/v1/tenants", {"name": ""}),
        ("wrong state", "{tenant}:archive", {}),
        ("missing tenant", "/v1/tenants/1:suspend", {}),
    ],
)
def test_FailedMutationLeavesNothing(rest, server, shop_a, name, path, body):
    request_id, key = shop.unique("request"), shop.unique("key")
    answer = rest.post(path.replace("{tenant}", shop_a.path), body, x_request_id=request_id, idempotency_key=key)
    assert 400 <= answer.status < 500, name
    assert server.rows(f"select 1 from audit.events where request_id = '{request_id}'") == []
    assert server.rows(f"select 1 from idempotency.answers where key = '{key}'") == []


def test_ReadsLeaveNoTrail(rest, server, shop_a):
    before = server.rows("select count(*) from audit.events")
    rest.get(shop_a.path).ok()
    rest.get("/v1/tenants").ok()
    assert server.rows("select count(*) from audit.events") == before


def test_AuditRowsCannotBeChangedByTheProgram(server):
    for statement in ("update audit.events set principal = 'x'", "delete from audit.events", "truncate audit.events"):
        with pytest.raises(RuntimeError, match="permission denied"):
            server.stack.psql("set app.platform = 'on'", statement, database=server.database, role="app")


def test_AuditOfATenantChangeKeepsDigestsOfBothStates(rest, server, shop_a):
    for name in ("First", "Second"):
        rest.patch(shop_a.path, {"name": name}).ok()
    events = server.rows(
        f"select before_digest, after_digest from audit.events where tenant_id = {shop_a.id} and "
        "method like '%/UpdateTenant' order by event_number"
    )
    assert len(events) == 2
    assert events[0]["after_digest"] == events[1]["before_digest"] != events[1]["after_digest"]
    assert events[0]["before_digest"] != events[0]["after_digest"]
