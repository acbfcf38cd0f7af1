"""Messages that could not be delivered: seen and run again, over REST, gRPC and sbctl."""

import pytest
from harness import shop
from harness.sbctl import Sbctl


@pytest.fixture
def parked(server, rest):
    """A new tenant one of whose messages is parked."""
    made = shop.create(rest)
    server.stack.psql(
        "update outbox.messages set parked_at = now(), last_error = 'no room at all' "
        f"where tenant_id = {made.id} and topic = 'tenant:provisioning:ledger'",
        database=server.database,
    )
    (row,) = server.rows(f"select id, run from outbox.messages where tenant_id = {made.id} and parked_at is not null")
    return made, str(row["id"])


def listed(rest, made) -> list[dict]:
    messages, token = [], ""
    while True:
        page = rest.get(f"/v1/parkedMessages?pageSize=2&pageToken={token}").ok()
        messages += page["messages"]
        token = page["nextPageToken"]
        if not token:
            return [message for message in messages if message["tenantId"] == str(made.id)]


def run_path(made, message) -> str:
    return f"/v1/tenants/{made.id}/parkedMessages/{message}:run"


def test_AParkedMessageIsListedWithItsErrorAndRunAgain(server, rest, parked):
    made, message = parked
    (shown,) = listed(rest, made)
    assert (shown["messageId"], shown["topic"]) == (message, "tenant:provisioning:ledger")
    assert (shown["queue"], shown["error"]) == ("default", "no room at all")
    assert shown["parkTime"] and str(made.id) in shown["payload"]
    request_id = shop.unique("request")
    assert rest.post(run_path(made, message), {}, x_request_id=request_id).ok() == shown
    assert listed(rest, made) == []
    (row,) = server.rows(f"select run, parked_at from outbox.messages where id = {message}")
    assert row == {"run": 1, "parked_at": None}
    (event,) = server.rows(f"select * from audit.events where request_id = '{request_id}'")
    assert (event["resource"], str(event["tenant_id"])) == (f"outboxMessages/{message}", str(made.id))


def test_AllAreListedAPageAtATime(server, rest):
    made = shop.create(rest)
    server.stack.psql(
        f"update outbox.messages set parked_at = now(), last_error = 'x' where tenant_id = {made.id}",
        database=server.database,
    )
    ids = [row["id"] for row in server.rows(f"select id from outbox.messages where tenant_id = {made.id} order by id")]
    assert [message["messageId"] for message in listed(rest, made)] == [str(id) for id in ids]
    assert len(ids) == 4
    for message in ids:
        rest.post(run_path(made, message), {}).ok()


def test_WhatIsNotParkedIsNotRun(rest, parked):
    made, message = parked
    rest.post(run_path(made, message), {}).ok()
    for tenant, target in [(made.id, message), (made.id, 1), (1, message)]:
        answer = rest.post(f"/v1/tenants/{tenant}/parkedMessages/{target}:run", {})
        assert (answer.status, answer.reason) == (404, "OUTBOX_MESSAGE_NOT_PARKED")
    assert rest.post(f"/v1/tenants/{made.id}/parkedMessages/x:run", {}).fields == ["message_id"]


def test_OneRequestTwiceRunsOnce(server, rest, grpc, parked):
    made, message = parked
    key = shop.unique("key")
    request = {"tenantId": str(made.id), "messageId": message}
    first = grpc.call("OutboxService.RunParkedMessage", request, idempotency_key=key)
    again = grpc.call("OutboxService.RunParkedMessage", request, idempotency_key=key)
    assert first == again and first.error == "no room at all"
    assert server.rows(f"select run from outbox.messages where id = {message}") == [{"run": 1}]


def test_OnlyThePlatformsOperators(server, parked):
    made, message = parked
    tenant = server.rest(made.secret)
    assert tenant.get("/v1/parkedMessages").reason == "PLATFORM_ONLY"
    assert tenant.post(run_path(made, message), {}).reason == "PLATFORM_ONLY"
    assert len(listed(server.rest(), made)) == 1


def test_Sbctl(server, parked):
    made, message = parked
    sbctl = Sbctl(f"http://{server.http_address}", server.seed["platform_key"])
    assert f"{made.id}  {message}  tenant:provisioning:ledger" in sbctl("outbox", "list").ok()
    shown = sbctl("outbox", "list", "--json").json["messages"]
    assert message in [parked["messageId"] for parked in shown]
    done = sbctl("outbox", "run", str(made.id), message)
    assert done.ok() == f"message {message} (tenant:provisioning:ledger) of tenant {made.id} runs again\n"
    assert "OUTBOX_MESSAGE_NOT_PARKED" in sbctl("outbox", "run", str(made.id), message).err
