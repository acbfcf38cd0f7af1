"""QueueService over REST and gRPC: an operator looks into queues and changes what is in them. On a Redis of its own."""

import base64
import os
import signal
import time

import pytest
from harness import contracts, mutations, shop, wait
from harness.queues import Queue, message
from harness.redis import Redis
from harness.relay import Relay

STATES = ["active", "pending", "scheduled", "retry", "archived", "completed", "aggregating"]


@pytest.fixture(scope="module")
def redis():
    redis = Redis()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def own(start, redis):
    return start(**redis.settings)


@pytest.fixture(scope="module")
def rest(own):
    return own.rest()


@pytest.fixture(scope="module")
def grpc(own):
    with own.grpc() as client:
        yield client


@pytest.fixture
def queue(redis):
    return Queue(redis)


def path(queue: Queue, task_id: str = "", verb: str = "") -> str:
    return f"/v1/queues/{queue.name}" + (f"/tasks/{task_id}" if task_id else "") + (f":{verb}" if verb else "")


# Looking.


def test_QueueTellsHowItStands(rest, grpc, queue):
    for number, state in enumerate(STATES):
        for each in range(number + 1):
            queue.put(f"{state}-{each}", state)
    queue.redis("SET", queue.key("processed"), 9)
    queue.redis("SET", queue.key("failed"), 4)
    answer = rest.get(f"{path(queue)}?history_days=2").ok()
    assert answer["tasks"] == {state: str(number + 1) for number, state in enumerate(STATES)}
    assert (answer["size"], answer["groupCount"]) == ("28", "1")
    assert answer["total"] == {"processed": "9", "failed": "4"}
    assert int(answer["memoryBytes"]) > 28 * 100
    assert [day["date"] for day in answer["history"]] == [
        time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86400)) for ago in (0, 1)
    ]
    message = grpc.call("QueueService.GetQueue", {"queue": queue.name})
    assert (message.size, message.tasks.aggregating, len(message.history)) == (28, 7, 0)


def test_QueuesAreListedByNameAPageAtATime(rest, redis):
    made = sorted(Queue(redis).name for _ in range(5))
    names, token = [], ""
    while True:
        page = rest.get(f"/v1/queues?page_size=2&page_token={token}").ok()
        names += [queue["queue"] for queue in page["queues"]]
        token = page["nextPageToken"]
        if not token:
            break
    assert names == sorted(names) and set(made) <= set(names)
    assert rest.get("/v1/queues?page_size=1001").fields == ["page_size"]
    assert rest.get("/v1/queues?page_token=x").fields == ["page_token"]


@pytest.mark.parametrize("state", STATES)
def test_TasksOfAStateAreEachListedOnce(rest, queue, state):
    for number in range(7):
        queue.put(str(number), state)
    found, token = [], ""
    while True:
        page = rest.get(
            f"{path(queue)}/tasks?state={state.upper()}&page_size=3&page_token={token}"
            + ("&group=g" if state == "aggregating" else "")
        ).ok()
        found += page["tasks"]
        token = page["nextPageToken"]
        if not token:
            break
    assert [task["taskId"] for task in found] == [str(number) for number in range(7)]
    assert {task["state"] for task in found} == {state.upper()}


def test_ListTasksNamesWhatIsWrong(rest, queue):
    queue.put_many("retry", 3)
    base = f"{path(queue)}/tasks"
    assert rest.get(base).fields == ["state"]
    assert rest.get(f"{base}?state=AGGREGATING").fields == ["group"]
    assert rest.get(f"{base}?state=RETRY&group=g").fields == ["group"]
    assert rest.get(f"{base}?state=RETRY&page_size=-1").fields == ["page_size"]
    token = rest.get(f"{base}?state=RETRY&page_size=1").ok()["nextPageToken"]
    assert rest.get(f"{base}?state=ARCHIVED&page_token={token}").fields == ["page_token"]


def test_TaskIsShownWhole(rest, grpc, queue):
    payload = b"\x00\xff any bytes"
    queue.put("one", "scheduled", payload)
    queue.redis("HSET", queue.key("t:one"), "result", "done so far")
    task = rest.get(path(queue, "one")).ok()
    assert (task["queue"], task["taskId"], task["type"], task["state"]) == (queue.name, "one", "mail:send", "SCHEDULED")
    assert base64.b64decode(task["payload"]) == payload
    assert base64.b64decode(task["result"]) == b"done so far"
    assert task["maxRetry"] == 25 and task["nextProcessTime"] and "deadline" not in task
    assert grpc.call("QueueService.GetTask", {"queue": queue.name, "taskId": "one"}).payload == payload


def pages(rest, url: str, items: str) -> list[dict]:
    """All items of a list, three a page."""
    found, token = [], ""
    while True:
        page = rest.get(f"{url}?page_size=3&page_token={token}").ok()
        found += page[items]
        token = page["nextPageToken"]
        if not token:
            return found


def test_GroupsAreListedByNameAPageAtATime(rest, grpc, queue):
    for number in range(7):
        for each in range(number + 1):
            queue.put(f"{number}-{each}", "aggregating", group=f"group {number}")
    found = pages(rest, f"{path(queue)}/groups", "groups")
    assert [(group["group"], group["size"]) for group in found] == [(f"group {n}", str(n + 1)) for n in range(7)]
    assert len(grpc.call("QueueService.ListGroups", {"queue": queue.name}).groups) == 7
    assert rest.get(f"{path(queue)}/groups?page_token=x").fields == ["page_token"]
    assert rest.get("/v1/queues/none/groups").reason == "QUEUE_NOT_FOUND"


def test_TasksOfOneGroupAreListedRunArchivedAndDeleted(rest, queue):
    for group in ("run", "archive", "delete", "stay"):
        for each in range(2):
            queue.put(f"{group}-{each}", "aggregating", group=group)
    for verb in ("run", "archive", "delete"):
        listed = rest.get(f"{path(queue)}/tasks?state=AGGREGATING&group={verb}").ok()["tasks"]
        assert [task["taskId"] for task in listed] == [f"{verb}-0", f"{verb}-1"]
        body = {"state": "AGGREGATING", "group": verb}
        assert rest.post(f"{path(queue)}/tasks:{verb}", body).ok()["changedCount"] == "2"
    states = {task: queue.state(task) for task in ("run-1", "archive-1", "delete-1", "stay-1")}
    assert list(states.values()) == ["pending", "archived", None, "aggregating"]
    assert [group["group"] for group in pages(rest, f"{path(queue)}/groups", "groups")] == ["stay"]


def test_WhenAScheduleEnqueuedIsListedTheNewestFirst(rest, grpc, redis):
    schedule = shop.unique("schedule")
    for number in range(7):
        event = message({1: f"task {number}".encode(), 2: message({1: 1_700_000_000 + number})})
        redis("ZADD", f"asynq:scheduler_history:{schedule}", 1_700_000_000 + number, event)
    found = pages(rest, f"/v1/queueSchedules/{schedule}/events", "events")
    assert [event["taskId"] for event in found] == [f"task {number}" for number in reversed(range(7))]
    assert found[0]["enqueueTime"] == "2023-11-14T22:13:26Z"
    assert len(grpc.call("QueueService.ListScheduleEvents", {"scheduleId": schedule}).events) == 7
    assert rest.get("/v1/queueSchedules/none/events").ok() == {"events": [], "nextPageToken": ""}


def test_AnIdOfAnyCharactersIsFound(rest, queue):
    task_id = "tenant:provisioning/ledger 72?ä"
    queue.put(task_id, "archived")
    encoded = "tenant%3Aprovisioning%2Fledger%2072%3F%C3%A4"
    assert rest.get(path(queue, encoded)).ok()["taskId"] == task_id
    assert rest.post(path(queue, encoded, "run")).ok()["state"] == "PENDING"
    assert queue.state(task_id) == "pending"


def test_NothingIsThere(rest, grpc, queue):
    assert rest.get("/v1/queues/none").reason == "QUEUE_NOT_FOUND"
    assert rest.get(path(queue, "none")).reason == "TASK_NOT_FOUND"
    assert rest.post(path(queue, "none", "run")).status == 404
    answer = grpc.send("QueueService.DeleteTask", {"queue": queue.name, "taskId": "none"})
    assert (answer.code, answer.reason) == ("NOT_FOUND", "TASK_NOT_FOUND")


def test_NoServersAndNoSchedules(rest):
    assert rest.get("/v1/queueServers").ok() == {"servers": [], "nextPageToken": ""}
    assert rest.get("/v1/queueSchedules").ok() == {"schedules": [], "nextPageToken": ""}


def test_TheProgramsThatWorkAreListedWithWhatTheyAreAt(own, start, redis):
    working = start(own.database, **{**redis.settings, "REDIS_DB": "1"}, ASYNQ_WORKER_COUNT="3")
    rest = working.rest(own.seed["platform_key"])
    (listed,) = wait.until(lambda: rest.get("/v1/queueServers").ok()["servers"], "the server is listed")
    assert (listed["pid"], listed["concurrency"], listed["workers"]) == (working.pid, 3, [])
    assert listed["status"] == "active" and "default" in listed["queues"]
    assert working.stop() == 0
    assert own.rest().get("/v1/queueServers").ok()["servers"] == []


# Changing.


@pytest.mark.parametrize("verb, after", [("run", "pending"), ("archive", "archived"), ("delete", None)])
@pytest.mark.parametrize("state", STATES)
def test_OneTask(rest, queue, state, verb, after):
    queue.put("one", state)
    answer = rest.send("DELETE", path(queue, "one")) if verb == "delete" else rest.post(path(queue, "one", verb))
    if state in ("active", after):
        assert (answer.status, answer.reason) == (400, "TASK_STATE_CONFLICT")
        assert queue.state("one") == state
    else:
        assert answer.ok()["state"] == (after or state).upper()
        assert queue.state("one") == after


@pytest.mark.parametrize("verb, after", [("run", "pending"), ("archive", "archived"), ("delete", None)])
@pytest.mark.parametrize("state", STATES)
def test_ManyTasks(rest, queue, state, verb, after):
    queue.put_many(state, 5)
    body = {"state": state.upper(), "maxCount": 3}
    answer = rest.post(f"{path(queue)}/tasks:{verb}", body)
    if state in ("active", after):
        assert (answer.status, answer.reason) == (400, "TASK_STATE_CONFLICT")
        return
    first = answer.ok()
    assert (first["changedCount"], first["more"]) == ("3", True)
    second = rest.post(f"{path(queue)}/tasks:{verb}", body).ok()
    assert (second["changedCount"], second["more"]) == ("2", False)
    assert [queue.state(str(number)) for number in range(5)] == [after] * 5


def test_ManyAreAtMostAThousand(rest, queue):
    answer = rest.post(f"{path(queue)}/tasks:run", {"state": "RETRY", "maxCount": 1001})
    assert answer.fields == ["max_count"]


def test_CancellingIsPublished(rest, redis, queue):
    queue.put("one", "active")
    queue.put("two", "pending")
    assert rest.post(path(queue, "one", "cancel")).ok()["state"] == "ACTIVE"
    assert rest.post(path(queue, "two", "cancel")).reason == "TASK_STATE_CONFLICT"


def test_PausingTwiceIsTheSameAsOnce(rest, queue):
    for _ in range(2):
        assert rest.post(path(queue, verb="pause")).ok()["pauseTime"]
        assert queue.redis("EXISTS", queue.key("paused")) == 1
    for _ in range(2):
        assert "pauseTime" not in rest.post(path(queue, verb="resume")).ok()
        assert queue.redis("EXISTS", queue.key("paused")) == 0


@pytest.mark.parametrize("state", STATES)
def test_OnlyAScheduledTaskGetsAnotherPayload(rest, grpc, queue, state):
    queue.put("one", state, b"old")
    answer = rest.post(path(queue, "one", "updatePayload"), {"payload": base64.b64encode(b"\x00new").decode()})
    if state != "scheduled":
        assert (answer.status, answer.reason) == (400, "TASK_STATE_CONFLICT")
    else:
        assert (answer.ok()["state"], base64.b64decode(answer.ok()["payload"])) == ("SCHEDULED", b"\x00new")
    assert grpc.call("QueueService.GetTask", {"queue": queue.name, "taskId": "one"}).payload == (
        b"\x00new" if state == "scheduled" else b"old"
    )


def test_APayloadIsAtMostAMebibyte(grpc, queue):
    queue.put("one", "scheduled")
    request = {"queue": queue.name, "taskId": "one", "payload": base64.b64encode(bytes(1 << 20)).decode()}
    assert len(grpc.call("QueueService.UpdateTaskPayload", request).payload) == 1 << 20
    request["payload"] = base64.b64encode(bytes((1 << 20) + 1)).decode()
    assert grpc.send("QueueService.UpdateTaskPayload", request).fields == ["payload"]


@pytest.mark.parametrize("state", STATES)
def test_AQueueWithTasksIsRemovedByForceUnlessSomeAreActive(rest, redis, queue, state):
    queue.put_many(state, 3)
    refused = rest.send("DELETE", path(queue))
    assert (refused.status, refused.reason) == (400, "QUEUE_NOT_EMPTY")
    assert rest.get(path(queue)).ok()["size"] == "3"
    answer = rest.send("DELETE", f"{path(queue)}?force=true")
    if state == "active":
        assert answer.reason == "QUEUE_NOT_EMPTY"
        assert queue.count("active") == 3 and queue.redis("EXISTS", queue.key("paused")) == 0
    else:
        assert answer.ok()["tasks"][state] == "3"
        assert redis("KEYS", queue.key("*")) == []
        assert rest.get(path(queue)).reason == "QUEUE_NOT_FOUND"


def test_AnEmptyQueueIsRemovedWithItsCounters(rest, redis, queue):
    redis("SET", queue.key("processed"), 9)
    assert rest.send("DELETE", path(queue)).ok()["total"]["processed"] == "9"
    assert redis("KEYS", queue.key("*")) == [] and redis("SISMEMBER", "asynq:queues", queue.name) == 0
    assert rest.send("DELETE", path(queue)).reason == "QUEUE_NOT_FOUND"


# The trail.


def events(server, request_id: str) -> list[dict]:
    return server.rows(f"select * from audit.events where request_id = '{request_id}'")


def everything(redis, queue: Queue) -> dict:
    """In Redis, of this queue and those whose names begin as its does."""
    return {key: redis("DUMP", key) for key in redis("KEYS", f"asynq:{{{queue.name}*")}


def test_EveryChangeIsInTheTrail(own, rest, queue):
    changes = mutations.of_queues(rest, queue)
    assert set(changes) == mutations.trailed("queue")
    for name, change in changes.items():
        request_id = shop.unique("request")
        change.call(x_request_id=request_id).ok()
        (event,) = events(own, request_id)
        assert event["method"] == contracts.methods()[name].path
        assert event["principal"].startswith("api_key:") and event["tenant_id"] == 0
        assert event["resource"].startswith(f"queues/{queue.name}")
        assert event["before_digest"], name


def test_WhatIsNotChangedIsNotInTheTrail(own, rest, queue):
    queue.put("busy", "active")
    queue.put("waiting", "pending")
    for verb, target in [
        ("run", "missing"),
        ("run", "busy"),
        ("run", "waiting"),
        ("archive", "busy"),
        ("cancel", "waiting"),
        ("updatePayload", "waiting"),
        ("updatePayload", "missing"),
        ("resume", ""),
    ]:
        request_id = shop.unique("request")
        rest.post(path(queue, target, verb), x_request_id=request_id)
        assert events(own, request_id) == [], (verb, target)
    request_id = shop.unique("request")
    rest.post(f"{path(queue)}/tasks:run", {"state": "RETRY"}, x_request_id=request_id).ok()
    rest.get(path(queue, "busy"), x_request_id=request_id).ok()
    assert rest.send("DELETE", path(queue), x_request_id=request_id).reason == "QUEUE_NOT_EMPTY"
    assert rest.send("DELETE", f"{path(queue)}?force=true", x_request_id=request_id).reason == "QUEUE_NOT_EMPTY"
    assert events(own, request_id) == []


def test_WithoutTheTrailNothingIsChanged(own, start, redis, queue):
    relay = Relay(int(own.stack.env["DATABASE_PORT"]))
    server = start(own.database, **redis.settings, DATABASE_PORT=str(relay.port))
    rest = server.rest(own.seed["platform_key"])
    rest.get("/v1/queues").ok()
    changes = mutations.of_queues(rest, queue)
    before = everything(redis, queue)
    relay.cut()
    for name, change in changes.items():
        if not name.endswith(".ResumeQueue"):
            assert change.call().status == 503, name
    assert everything(redis, queue) == before


def test_AChangeWhoseRowIsRefusedIsNotMade(own, rest, redis, queue):
    for name, change in mutations.of_queues(rest, queue).items():
        before = everything(redis, queue)
        with own.refusing_audit():
            answer = change.call()
        assert (answer.status, answer.json["code"]) == (500, 13), name
        assert everything(redis, queue) == before, name
        change.call().ok()
        assert everything(redis, queue) != before or name.endswith(".CancelTask"), name


# Who may.


def test_OnlyThePlatformsOperators(own, queue):
    made = shop.create(own.rest())
    tenant = own.rest(made.secret)
    queue.put("one", "archived")
    assert tenant.get("/v1/queues").reason == "PLATFORM_ONLY"
    assert tenant.post(path(queue, "one", "run")).reason == "PLATFORM_ONLY"
    assert own.rest("").get("/v1/queues").status == 401
    assert queue.state("one") == "archived"
    permissions = {name: method.permission for name, method in contracts.methods().items() if "QueueService" in name}
    reads = {name for name, permission in permissions.items() if permission == "queue:read"}
    assert reads == {name for name in permissions if name.split(".")[1].startswith(("List", "Get"))}


# When Redis is away.


def test_WithoutRedisACallFailsSoonAndChangesNothing(own, start):
    server = start(own.database, REDIS_ADDR="127.0.0.1:1", REDIS_PASSWORD="")
    started = time.monotonic()
    rest = server.rest(own.seed["platform_key"])
    answer = rest.get("/v1/queues")
    assert (answer.status, answer.reason) == (503, "REDIS_UNAVAILABLE")
    request_id = shop.unique("request")
    answer = rest.post("/v1/queues/q/tasks/one:run", x_request_id=request_id)
    assert answer.status == 503
    assert time.monotonic() - started < 10
    assert events(own, request_id) == []


# Metrics.


def metrics(server) -> str:
    return server.rest("").get("/metrics").body.decode()


def test_MetricsHaveTheNamesOfAsynq(own, queue):
    queue.put_many("retry", 3)
    queue.put("one", "pending")
    queue.redis("SET", queue.key("processed"), 9)
    text = metrics(own)
    label = f'queue="{queue.name}"'
    for line in (
        f'asynq_tasks_enqueued_total{{{label},state="retry"}} 3',
        f"asynq_queue_size{{{label}}} 4",
        f"asynq_tasks_processed_total{{{label}}} 9",
        f"asynq_tasks_failed_total{{{label}}} 0",
        f"asynq_queue_paused_total{{{label}}} 0",
    ):
        assert f"\n{line}\n" in text, line
    for name in ("asynq_queue_latency_seconds", "asynq_queue_memory_usage_approx_bytes"):
        assert f"\n{name}{{{label}}} " in text


def test_MetricsAreThereWhenRedisIsNot(own, start):
    redis = Redis()
    server = start(own.database, **redis.settings)
    try:
        Queue(redis).put("one")
        assert "\nqueues_readable 1\n" in metrics(server)
        os.kill(redis._process.pid, signal.SIGSTOP)
        started = time.monotonic()
        text = metrics(server)
        assert time.monotonic() - started < 2
        assert "\nqueues_readable 0\n" in text and "\nbuild_info{" in text and "\nasynq_" not in text
    finally:
        os.kill(redis._process.pid, signal.SIGCONT)
        redis.stop()
