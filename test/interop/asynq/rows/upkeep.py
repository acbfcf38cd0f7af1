"""What either side does for the queues of the other: due, old and stranded tasks."""

import time

from matrix import GO, both_ways, row, same, text

ARCHIVE = 10_000


@both_ways("{b} makes {a}'s due retries pending")
def forward_retry(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1, retry_s=2)
    a.do("enqueue", queue=cell.queue, id="again", type="fail", payload=text("boom"))
    a.wait_for("again")
    cell.wait_for_state("again", "retry")
    a.do("stop", queue=cell.queue)
    b.do("work", queue=cell.queue, concurrency=1, retry_s=3600)
    b.wait_for("again")


@row("Go makes C++'s due task of a group a member of it")
def forward_group(cell):
    cell.ours.do("enqueue", queue=cell.queue, id="m", type="member", payload=text("p"), group="g", process_in_s=1)
    cell.go.do("work", queue=cell.queue, concurrency=1)
    cell.wait_for_state("m", "aggregating")
    same(cell.redis("ZRANGE", cell.key("g:g"), 0, -1), ["m"], "the group")
    # asynq does not list the group; a server of ours that aggregates finds it with the next member.
    cell.go.do("stop", queue=cell.queue)
    cell.ours.do("enqueue", queue=cell.queue, id="n", type="member", payload=text("q"), group="g")
    cell.ours.do("work", queue=cell.queue, concurrency=1, aggregate=True)
    same(cell.ours.wait_for_type("batch")["payload"], text("g:p,q"), "the batch")


@both_ways("{b} deletes {a}'s completed tasks when their retention is over")
def janitor(cell, a, b):
    a.do("work", queue=cell.queue, concurrency=1)
    a.do("enqueue", queue=cell.queue, id="old", type="ok", retention_s=1)
    a.do("enqueue", queue=cell.queue, id="kept", type="ok", retention_s=3600)
    for task_id in ("old", "kept"):
        a.wait_for(task_id)
    cell.wait_for_state("kept", "completed")
    a.do("stop", queue=cell.queue)
    cell.until(lambda: cell.state("old") != "active", "it is completed")
    b.do("work", queue=cell.queue, concurrency=1)
    cell.wait_for_state("old", None)
    same(cell.redis("ZRANGE", cell.key("completed"), 0, -1), ["kept"], "completed")


@row("archive: C++ archives 10,000, a C++ worker one more: it keeps 10,000, and Go reads them")
def trim_ours(cell):
    cell.ours.do("enqueue_many", queue=cell.queue, type="ok", count=ARCHIVE, ahead="")
    cell.ours.do("archive_all", queue=cell.queue, state="pending")
    same(cell.redis("ZCARD", cell.key("archived")), ARCHIVE, "archived at first")
    cell.ours.do("work", queue=cell.queue, concurrency=1)
    cell.go.do("enqueue", queue=cell.queue, id="last", type="skip", payload=text("boom"))
    cell.wait_for_state("last", "archived")
    cell.until(lambda: cell.redis("ZCARD", cell.key("archived")) == ARCHIVE, "one is gone")
    same(cell.state("last"), "archived", "the newest one")
    same(cell.count_tasks(), ARCHIVE, "tasks")
    same(cell.go.do("queue", queue=cell.queue)["archived"], ARCHIVE, "for Go's Inspector")


@row("archive: C++ archives 10,000, a Go worker one more: it keeps 9,999, and we read them")
def trim_go(cell):
    cell.ours.do("enqueue_many", queue=cell.queue, type="ok", count=ARCHIVE, ahead="")
    cell.ours.do("archive_all", queue=cell.queue, state="pending")
    same(cell.redis("ZCARD", cell.key("archived")), ARCHIVE, "archived by C++")
    cell.go.do("work", queue=cell.queue, concurrency=1)
    cell.go.do("enqueue", queue=cell.queue, id="last", type="skip", payload=text("boom"))
    cell.until(lambda: cell.redis("ZCARD", cell.key("archived")) == ARCHIVE - 1, "Go has trimmed it")
    same(cell.ours.do("queue", queue=cell.queue)["archived"], ARCHIVE - 1, "for our Inspector")
    left = 2 if cell.column == GO[0] else 0  # v0.24.1 forgets their hashes
    same(cell.count_tasks(), ARCHIVE - 1 + left, "tasks")


@row("groups: C++ puts the members of a set that a Go program left behind into one task")
def stale_set(cell):
    for i in range(2):
        cell.go.do("enqueue", queue=cell.queue, id=f"m{i}", type="member", payload=text(f"p{i}"), group="g1")
    # As a Go program leaves it that takes a set and dies; its time is over.
    taken = cell.key("g:g1:00000000-0000-4000-8000-000000000000")
    cell.redis.pipeline(
        [
            ("RENAME", cell.key("g:g1"), taken),
            ("SREM", cell.key("groups"), "g1"),
            ("ZADD", cell.key("aggregation_sets"), int(time.time()) - 1, taken),
        ]
    )
    cell.ours.do("work", queue=cell.queue, concurrency=1, aggregate=True)
    payload = bytes.fromhex(cell.ours.wait_for_type("batch")["payload"]).decode()
    same(payload, "g1:p0,p1", "the batch")
    cell.until(lambda: cell.count_tasks() == 0, "members and batch are gone")


@row("active without a lease: C++ recovers what no Go program would")
def no_lease(cell):
    cell.go.do("enqueue", queue=cell.queue, id="lost", type="ok", max_retry=3)
    # As a Go program leaves it that loses Redis at the wrong moment.
    cell.redis("RPOPLPUSH", cell.key("pending"), cell.key("active"))
    cell.redis("HSET", cell.key("t:lost"), "state", "active")
    cell.ours.do("work", queue=cell.queue, concurrency=1, retry_s=0)
    same(cell.ours.wait_for("lost")["retried"], 1, "retried")
