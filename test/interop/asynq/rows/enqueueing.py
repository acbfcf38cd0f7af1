"""What one side enqueues, the other side finds: every option, locks and ids."""

import re
import time
import uuid

from matrix import both_ways, near, same, text

HALF_AN_HOUR = 30 * 60


def handled(agent, task_id: str, attempt: int = 1) -> dict:
    seen = dict(agent.wait_for(task_id, attempt))
    del seen["deadline"]
    return seen


@both_ways("{a} enqueues, {b} works: id, type, payload, queue, retries, deadline")
def at_once(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=2)
    added = a.do("enqueue", queue=cell.queue, id="one", type="ok:x/é", payload="00ff0a", max_retry=7)
    same(added, {"id": "one", "queue": cell.queue, "state": "pending"}, "the answer")
    expected = {"id": "one", "type": "ok:x/é", "payload": "00ff0a", "headers": {}, "queue": cell.queue}
    same(handled(b, "one"), expected | {"retried": 0, "max_retry": 7}, "what the handler sees")
    near(b.wait_for("one")["deadline"], time.time() + HALF_AN_HOUR, "the deadline")

    plain = a.do("enqueue", queue=cell.queue, type="ok")["id"]
    same(uuid.UUID(plain).version, 4, "the version of the id's UUID")
    seen = handled(b, plain)
    same((seen["payload"], seen["max_retry"]), ("", 25), "payload and retries that were not given")
    cell.until(lambda: cell.counters() == (2, 0), "both count as processed")
    same(cell.count_tasks(), 0, "tasks that are left")


@both_ways("{a} enqueues in 2 s and at a time, {b} works when they are due")
def later(cell, a, b):
    at = int(time.time()) + 3
    for task_id, when in (("in", {"process_in_s": 2}), ("at", {"process_at": at})):
        added = a.do("enqueue", queue=cell.queue, id=task_id, type="ok", **when)
        same(added["state"], "scheduled", "the state in the answer")
        near(b.do("get", queue=cell.queue, id=task_id)["next_at"], at, "when it is due", by=3)
    b.do("work", queue=cell.queue, concurrency=2)
    b.wait_for("at")
    if time.time() < at:
        raise AssertionError("it came before its time")
    b.wait_for("in")


@both_ways("{a} enqueues with timeout and deadline, {b} applies the earlier")
def limits(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=2)
    now = int(time.time())
    for task_id, options, expected in (
        ("timeout", {"timeout_s": 1000}, now + 1000),
        ("deadline", {"deadline": now + 5000}, now + 5000),
        ("both", {"timeout_s": 1000, "deadline": now + 5000}, now + 1000),
        ("both, the other way", {"timeout_s": 9000, "deadline": now + 5000}, now + 5000),
    ):
        a.do("enqueue", queue=cell.queue, id=task_id, type="ok", **options)
        near(b.wait_for(task_id)["deadline"], expected, task_id)


@both_ways("unique: {a}'s lock refuses {b}'s task until {b} has worked")
def unique(cell, a, b):
    task = {"queue": cell.queue, "type": "ok", "payload": text("same")}
    first = a.do("enqueue", **task, unique_s=300)["id"]
    for agent in (a, b):
        same(agent.ask("enqueue", **task, unique_s=300), {"refused": "duplicate"}, f"{agent.name}, a second one")
    a.do("enqueue", **{**task, "payload": text("other")}, unique_s=300)
    b.do("enqueue", **task, id="without a lock")
    b.do("work", queue=cell.queue, concurrency=1)
    b.wait_for(first)
    cell.until(lambda: "id" in b.ask("enqueue", **task, unique_s=300), "the lock is released")


@both_ways("unique: no payload and an empty one differ, for {a} as for {b}")
def empty_payloads(cell, a, b):
    task = {"queue": cell.queue, "type": "ok", "unique_s": 300}
    for payload in ({}, {"payload": ""}):
        a.do("enqueue", **task, **payload)
        same(b.ask("enqueue", **task, **payload), {"refused": "duplicate"}, f"{b.name}, a second one with {payload}")
    locks = [cell.key("unique:ok:"), cell.key("unique:ok:d41d8cd98f00b204e9800998ecf8427e")]
    same(sorted(cell.redis("KEYS", cell.key("unique:*"))), locks, "the locks")


@both_ways("unique and scheduled: {a}'s lock lasts beyond the delay for {b} too")
def unique_later(cell, a, b):
    task = {"queue": cell.queue, "type": "ok", "payload": text("same"), "unique_s": 100}
    a.do("enqueue", **task, process_in_s=1000)
    same(b.ask("enqueue", **task), {"refused": "duplicate"}, f"{b.name}, a second one")
    [lock] = cell.redis("KEYS", cell.key("unique:*"))
    near(cell.redis("TTL", lock), 1100, "seconds that the lock lasts")


@both_ways("id conflict: {a}'s task refuses {b}'s of the same id in every state")
def conflict(cell, a, b):
    task = {"queue": cell.queue, "id": "taken", "type": "ok"}
    a.do("enqueue", **task)
    same(b.ask("enqueue", **task), {"refused": "conflict"}, "while it is pending")
    same(b.ask("enqueue", **task, process_in_s=60), {"refused": "conflict"}, "one for later")
    b.do("archive", queue=cell.queue, id="taken")
    same(b.ask("enqueue", **task), {"refused": "conflict"}, "while it is archived")
    b.do("delete", queue=cell.queue, id="taken")
    b.do("enqueue", **task)


@both_ways("groups: {a} enqueues, {b} makes one task of them")
def groups(cell, a, b):
    for i in range(3):
        added = a.do("enqueue", queue=cell.queue, id=f"m{i}", type="member", payload=text(f"p{i}"), group="g1")
        same(added["state"], "aggregating", "the state in the answer")
    same(b.do("groups", queue=cell.queue), {"groups": {"g1": 3}}, f"the groups for {b.name}")
    b.do("work", queue=cell.queue, concurrency=1, aggregate=True)
    payload = bytes.fromhex(b.wait_for_type("batch")["payload"]).decode()
    same(re.sub(r"\d", "", payload), "g:p,p,p", "the payloads, in the order of their ids within a second")
    same(sorted(payload[3:].split(",")), ["p0", "p1", "p2"], "the members")
    cell.until(lambda: cell.count_tasks() == 0, "members and batch are gone")
    same(cell.redis("KEYS", cell.key("g:*")) + cell.redis("KEYS", cell.key("groups")), [], "keys of groups")


@both_ways("retention: {a} enqueues, {b} completes with a result, {a} reads it")
def retention(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=1)
    a.do("enqueue", queue=cell.queue, id="kept", type="result", payload=text("its result"), retention_s=600)
    cell.wait_for_state("kept", "completed")
    for agent in (a, b):
        info = agent.do("get", queue=cell.queue, id="kept")
        got = {name: info[name] for name in ("state", "result", "retention_s")}
        same(got, {"state": "completed", "result": text("its result"), "retention_s": 600}, agent.name)
        near(info["completed_at"], time.time(), f"{agent.name}: when it was completed")
    near(float(cell.redis("ZSCORE", cell.key("completed"), "kept")), time.time() + 600, "until when it is kept")


@both_ways("headers: {a} enqueues, {b} sees them, also after a retry", since="v0.26.0")
def headers(cell, a, b):
    given = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "ü": ""}
    b.do("work", queue=cell.queue, concurrency=1, retry_s=0)
    a.do("enqueue", queue=cell.queue, id="one", type="fail", payload=text("boom"), headers=given, max_retry=1)
    same(b.wait_for("one")["headers"], given, "the headers")
    same(b.wait_for("one", 2)["headers"], given, "the headers after a retry")
