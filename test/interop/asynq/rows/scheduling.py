"""What the scheduler of one side enqueues, the other side works on, and sees where it comes from."""

import time

from matrix import MONITOR, both_ways, near, row, same, text
from rows.monitor import Monitor

ENTRY = {"spec": "@every 1s", "type": "tick", "payload": text("tock"), "max_retry": 3, "timeout_s": 60}
STATED = {"spec": "@every 1s", "type": "tick", "payload": text("tock")}


def options(cell) -> list[str]:
    return ["MaxRetry(3)", f'Queue("{cell.queue}")', "Timeout(1m0s)"]


@both_ways("{a} schedules, {b} works each second, lists the entry and its ticks", slow=True)
def every_second(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=2)
    entry = a.do("schedule", queue=cell.queue, **ENTRY)["entry"]
    seen = b.wait_for_type("tick")
    same([seen[name] for name in ("payload", "max_retry", "queue")], [text("tock"), 3, cell.queue], "the task")
    near(seen["deadline"], time.time() + 60, "its deadline")

    def listed():
        schedules = b.do("schedules", queue=cell.queue)["schedules"]
        return schedules if schedules and schedules[0]["previous"] else None

    [schedule] = cell.until(listed, f"{b.name} lists the entry, which has run")
    expected = {"id": entry, "options": options(cell), **STATED}
    same({name: schedule[name] for name in expected}, expected, "the entry")
    # asynq writes its entries every 10 s.
    for name in ("next", "previous"):
        near(schedule[name], time.time(), f"its {name} time", by=30)
    own = a.do("schedules", queue=cell.queue)["schedules"]
    same([each["id"] for each in own], [entry], f"the entries for {a.name}")

    def event():
        events = b.do("events", id=entry)["events"]
        return [each for each in events if each["id"] == seen["id"]]

    [tick] = cell.until(event, "the tick is recorded")
    near(tick["at"], time.time(), "when it was enqueued", by=60)
    a.do("unschedule")
    same(b.do("schedules", queue=cell.queue)["schedules"], [], "the entries when the scheduler has stopped")


@row("asynqmon reads our schedules and their ticks", columns=(MONITOR,), slow=True)
def page(cell):
    cell.ours.do("work", queue=cell.queue, concurrency=1)
    entry = cell.ours.do("schedule", queue=cell.queue, **ENTRY)["entry"]
    seen = cell.ours.wait_for_type("tick")
    with Monitor(cell) as monitor:

        def listed():
            entries = monitor.do("GET", "/scheduler_entries")["entries"]
            return [each for each in entries if each["id"] == entry and each.get("prev_enqueue_at")]

        [found] = cell.until(listed, "the entry, which has run, is on the page")
        got = [found["spec"], found["task_type"], found["task_payload"], sorted(found["options"])]
        same(got, ["@every 1s", "tick", "tock", options(cell)], "the entry")
        events = monitor.do("GET", f"/scheduler_entries/{entry}/enqueue_events")["events"]
        same([each["task_id"] for each in events].count(seen["id"]), 1, "how often the tick is on its page")
