"""How attempts of one side end, as the other side sees it."""

import time
from datetime import datetime, timezone

from matrix import both_ways, near, row, same, text

QUARTER_S = 90 * 24 * 3600


def told(agent, cell, task_id: str, *names: str) -> dict:
    info = agent.do("get", queue=cell.queue, id=task_id)
    return {name: info[name] for name in names}


@both_ways("{a} fails, {b} tries again and archives: error text, counters")
def retry_then_archive(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1, retry_s=1)
    a.do("enqueue", queue=cell.queue, id="bad", type="fail", payload=text("böse"), max_retry=1)
    a.wait_for("bad")
    cell.until(lambda: cell.state("bad") != "active", "the attempt has ended")
    a.do("stop", queue=cell.queue)
    for agent in (a, b):
        info = agent.do("get", queue=cell.queue, id="bad")
        same((info["retried"], info["error"]), (1, "böse"), f"{agent.name}: retried, error")
        near(info["last_failed_at"], time.time(), f"{agent.name}: when it failed")
    same(cell.counters(), (1, 1), "processed, failed after the first attempt")

    b.do("work", queue=cell.queue, concurrency=1, retry_s=1)
    same(b.wait_for("bad")["retried"], 1, "retried, for the handler")
    cell.wait_for_state("bad", "archived")
    for agent in (a, b):
        got = told(agent, cell, "bad", "state", "retried", "max_retry", "error")
        same(got, {"state": "archived", "retried": 1, "max_retry": 1, "error": "böse"}, agent.name)
        same(agent.do("history", queue=cell.queue), {"processed": 2, "failed": 2}, f"{agent.name}: today")
    same(cell.counters(), (2, 2), "processed, failed in the end")
    same(sorted(cell.redis("ZRANGE", cell.key("archived"), 0, -1)), ["bad"], "the archive")


@both_ways("{a} fails, {b} succeeds: nothing is left, one failure counted")
def retry_then_success(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1, retry_s=0)
    marks = cell.key("marks")
    a.do("enqueue", queue=cell.queue, id="0", type="count", payload=text(f"{marks} 1 fail"), max_retry=3)
    cell.until(lambda: cell.counters() == (1, 1), "the first attempt has failed")
    a.do("stop", queue=cell.queue)
    b.do("work", queue=cell.queue, concurrency=1)
    cell.until(lambda: cell.counters() == (2, 1), "the second one has succeeded")
    cell.wait_for_state("0", None)
    same(cell.redis("HGETALL", marks), ["0", "1"], "the marks")


@both_ways("counters: {a} and {b} count on the same UTC day, for 90 days")
def counters_expire(cell, a, b):
    for agent in (a, b):
        agent.do("work", queue=cell.queue, concurrency=1)
        agent.do("enqueue", queue=cell.queue, id="x", type="skip", payload=text("boom"))
        cell.wait_for_state("x", "archived")
        agent.do("stop", queue=cell.queue)
        agent.do("delete", queue=cell.queue, id="x")
        day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        for name in ("processed", "failed"):
            key = cell.key(f"{name}:{day}")
            near(cell.redis("TTL", key), QUARTER_S, f"seconds that {name} of today lasts, after {agent.name}", by=60)
    same(cell.counters(), (2, 2), "processed, failed")


@both_ways("skip retry: {a} archives at once, {b} runs it again")
def skip(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1)
    a.do("enqueue", queue=cell.queue, id="never", type="skip", payload=text("boom"))
    cell.wait_for_state("never", "archived")
    a.do("stop", queue=cell.queue)
    got = told(b, cell, "never", "state", "retried", "error")
    if "boom" not in got.pop("error"):
        raise AssertionError("the error text is lost")
    same(got, {"state": "archived", "retried": 0}, b.name)
    b.do("run", queue=cell.queue, id="never")
    same(told(a, cell, "never", "state"), {"state": "pending"}, f"for {a.name} after run")
    b.do("work", queue=cell.queue, concurrency=1)
    b.wait_for("never")


@both_ways("shutdown: {a} puts its task back in front, uncharged, {b} works on it")
def shutdown(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1)
    a.do("enqueue", queue=cell.queue, id="long", type="hang", max_retry=0)
    a.wait_for("long")
    a.do("enqueue", queue=cell.queue, id="next", type="ok")
    a.do("stop", queue=cell.queue)
    cell.wait_for_state("long", "pending")
    same(cell.redis("LRANGE", cell.key("pending"), 0, -1), ["next", "long"], "pending, the oldest last")
    same(told(b, cell, "long", "retried", "error"), {"retried": 0, "error": ""}, b.name)
    same(cell.counters(), (0, 0), "processed, failed")
    b.do("work", queue=cell.queue, concurrency=1)
    same(b.wait_for("long")["retried"], 0, "retried, for the handler")


@row("C++ fails with an error text that is not UTF-8, Go reads the task and works on it")
def broken_error(cell):
    cell.ours.do("work", queue=cell.queue, concurrency=1, retry_s=0)
    cell.ours.do("enqueue", queue=cell.queue, id="bad", type="fail", payload="626164ff", max_retry=1)
    cell.ours.wait_for("bad")
    # Once, or twice already: the retry is due at once.
    cell.until(lambda: cell.counters() in ((1, 1), (2, 2)), "the attempt has failed")
    cell.ours.do("stop", queue=cell.queue)
    same(told(cell.go, cell, "bad", "error"), {"error": "bad\ufffd"}, "Go reads the error")
    if cell.state("bad") != "archived":
        cell.go.do("work", queue=cell.queue, concurrency=1)
        cell.go.wait_for("bad")
