"""Onboarding goes on after the answer: outbox, queue, workers, and the tenant becomes ACTIVE."""

import pytest
from harness import shop, wait
from harness.server import WORKING

SERVICES = ["ledger", "loyalty", "rule", "voucher"]
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def server(start):
    return start(**WORKING)


@pytest.fixture(scope="module")
def rest(server):
    return server.rest()


def steps(rest, tenant) -> dict:
    return {step["service"]: step for step in rest.get(f"{tenant.path}/provisioningSteps").ok()["steps"]}


def becomes(rest, tenant, state: str):
    wait.until(lambda: rest.get(tenant.path).ok()["state"] == state, f"{tenant.path} is {state}", 20)


def change(server, *statements: str):
    """As an operator could by hand."""
    server.stack.psql(*statements, database=server.database)


def redis(server, *words: str) -> str:
    return server.stack.tool("redis", "-n", server.setting("REDIS_DB"), *words).strip()


def test_ATenantBecomesActiveByItself(server, rest):
    made = shop.create(rest)
    assert made.tenant["state"] == "PROVISIONING"
    becomes(rest, made, "ACTIVE")
    done = steps(rest, made)
    assert sorted(done) == SERVICES
    assert {step["state"] for step in done.values()} == {"DONE"}
    assert {step["attempts"] for step in done.values()} == {1}
    rows = server.rows(
        "select count(*) filter (where done_at is not null) as done, count(*) as n from outbox.messages "
        f"where tenant_id = {made.id}"
    )
    assert rows == [{"done": 4, "n": 4}]


def test_NothingIsLeftInTheQueue(server, rest):
    becomes(rest, shop.create(rest), "ACTIVE")
    wait.until(lambda: redis(server, "exists", "asynq:{default}:active") == "0", "nothing is active", 20)
    assert redis(server, "llen", "asynq:{default}:pending") == "0"
    assert redis(server, "keys", "asynq:{default}:t:*") == ""
    assert redis(server, "sismember", "asynq:queues", "default") == "1"


def test_ASuspendedTenantWaitsAndGoesOnWhenItIsResumed(server, rest):
    redis(server, "set", "asynq:{default}:paused", "1")
    made = shop.create(rest)
    rest.post(f"{made.path}:suspend").ok()
    redis(server, "del", "asynq:{default}:paused")
    wait.until(lambda: redis(server, "zcard", "asynq:{default}:retry") == "4", "its tasks wait", 20)
    assert {step["state"] for step in steps(rest, made).values()} == {"PENDING"}
    assert redis(server, "get", "asynq:{default}:failed") in ("", "0")
    rest.post(f"{made.path}:resume").ok()
    becomes(rest, made, "ACTIVE")


def test_AStepThatFailsForGoodIsSeenAndCanBeRetried(server, rest):
    made = shop.create(rest)
    becomes(rest, made, "ACTIVE")
    # As it is after the last attempt on one service.
    change(
        server,
        f"update tenant.tenants set state = 'PROVISIONING', version = version + 1 where tenant_id = {made.id}",
        "update tenant.provisioning_steps set state = 'FAILED', last_error = 'no room' "
        f"where tenant_id = {made.id} and service = 'voucher'",
    )
    failed = steps(rest, made)["voucher"]
    assert (failed["state"], failed["lastError"]) == ("FAILED", "no room")
    assert rest.post(f"{made.path}:retryProvisioning").ok()["state"] == "PROVISIONING"
    becomes(rest, made, "ACTIVE")
    again = steps(rest, made)["voucher"]
    assert (again["state"], again["lastError"], again["attempts"]) == ("DONE", "", 2)


def test_OnlyATenantThatIsBeingProvisionedCanBeRetried(rest):
    made = shop.create(rest)
    becomes(rest, made, "ACTIVE")
    answer = rest.post(f"{made.path}:retryProvisioning")
    assert (answer.status, answer.reason) == (400, "TENANT_STATE_CONFLICT")
    assert "ACTIVE" in answer.json["message"] and "PROVISIONING" in answer.json["message"]


def test_ATenantsOwnKeyCannotRetry(rest, server):
    made = shop.create(rest)
    assert server.rest(made.secret).post(f"{made.path}:retryProvisioning").status == 403


def test_TheTraceOfTheCallGoesOnInTheQueue(server, rest):
    answer = rest.post("/v1/tenants", shop.draft(), traceparent=TRACEPARENT)
    tenant_id = answer.ok()["tenant"]["tenantId"]
    rows = server.rows(f"select distinct traceparent from outbox.messages where tenant_id = {tenant_id}")
    assert len(rows) == 1
    assert rows[0]["traceparent"].startswith(TRACEPARENT[:36])

    def lines():
        return [line for line in server.log_lines() if line.get("message") == "task" and line["trace_id"] == TRACE_ID]

    wait.until(lambda: len(lines()) == 4, "the tasks are in the log", 20)
    assert sorted(line["type"] for line in lines()) == [f"tenant:provisioning:{service}" for service in SERVICES]
    assert {line["code"] for line in lines()} == {"OK"}
    text = rest.get("/metrics").body.decode()
    assert 'task_attempts_total{code="OK",type="tenant:provisioning:ledger"}' in text


def test_AfterAFlushEverythingDueIsPublishedAgain(server, rest):
    redis(server, "set", "asynq:{default}:paused", "1")
    made = shop.create(rest)
    wait.until(lambda: redis(server, "llen", "asynq:{default}:pending") == "4", "four tasks are published", 20)
    redis(server, "flushdb")
    becomes(rest, made, "ACTIVE")
    assert {step["attempts"] for step in steps(rest, made).values()} == {1}


def test_TheRelayIsMeasured(server, rest):
    becomes(rest, shop.create(rest), "ACTIVE")
    text = rest.get("/metrics").body.decode()
    for name in ("outbox_due_messages", "outbox_lag_seconds", "outbox_parked_messages", "outbox_published_total"):
        assert f"\n{name} " in text, name


def test_AMessageThatCannotBePublishedIsParkedAndOthersGoOn(server, rest):
    made = shop.create(rest)
    becomes(rest, made, "ACTIVE")
    change(
        server,
        "insert into outbox.messages (tenant_id, id, topic, key, payload, created_at) "
        f"select {made.id}, 1, 'too:big', 'k', to_jsonb(repeat('x', 1 << 20)), now()",
        "insert into outbox.messages (tenant_id, id, topic, key, payload, created_at) "
        f"values ({made.id}, 2, 'tenant:provisioning:ledger', 'k', '{{}}', now())",
    )

    def state():
        return server.rows(
            "select id, parked_at is not null as parked, done_at is not null as done, last_error from outbox.messages "
            f"where tenant_id = {made.id} and id < 3 order by id"
        )

    wait.until(lambda: state()[0]["parked"] and state()[1]["done"], "one is parked and the other one is done", 20)
    assert "payload" in state()[0]["last_error"]


def test_WithoutRedisCreatingGoesOnAndReadinessSaysSo(start, stack):
    server = start(REDIS_ADDR="127.0.0.1:1", ASYNQ_WORKER_COUNT="10")
    made = shop.create(server.rest())
    assert server.rest().get(made.path).ok()["state"] == "PROVISIONING"
    ready = server.rest("").get("/readyz")
    assert ready.status == 503
    assert server.stop() == 0
