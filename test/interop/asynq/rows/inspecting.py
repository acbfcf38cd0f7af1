"""The Inspector of one side on the tasks of the other."""

from matrix import both_ways, row, same, text

STATES = ("pending", "active", "scheduled", "retry", "archived", "completed", "aggregating")


def fill(cell, agent):
    """Leaves a task in every state, named after it, two of them pending; the agent works on the active one."""
    agent.do("work", queue=cell.queue, concurrency=1, retry_s=3600)
    agent.do("enqueue", queue=cell.queue, id="retry", type="fail", payload=text("boom"), max_retry=3)
    agent.do("enqueue", queue=cell.queue, id="archived", type="skip", payload=text("boom"))
    agent.do("enqueue", queue=cell.queue, id="completed", type="result", payload=text("result"), retention_s=3600)
    for state in ("retry", "archived", "completed"):
        cell.wait_for_state(state, state)
    agent.do("enqueue", queue=cell.queue, id="active", type="hang", payload=text("payload"))
    agent.wait_for("active")
    for task_id in ("pending", "pending-2"):
        agent.do("enqueue", queue=cell.queue, id=task_id, type="ok", payload=text(task_id), max_retry=2)
    for state, options in (("scheduled", {"process_in_s": 3600}), ("aggregating", {"group": "g1"})):
        agent.do("enqueue", queue=cell.queue, id=state, type="ok", payload=text(state), **options)


def listed(agent, cell, state: str) -> list[dict]:
    group = "g1" if state == "aggregating" else ""
    tasks = agent.do("list", queue=cell.queue, state=state, group=group)["tasks"]
    for task in tasks:
        if state == "pending":
            del task["next_at"]  # now
    return tasks


@both_ways("{a} inspects {b}'s queue: numbers, lists of every state, single tasks")
def every_state(cell, a, b):
    fill(cell, b)
    queue = a.do("queue", queue=cell.queue)
    expected = {state: 1 for state in STATES} | {"pending": 2, "size": 8, "groups": 1, "paused": False}
    expected |= {"processed": 3, "failed": 2, "processed_total": 3, "failed_total": 2}
    same({name: queue[name] for name in expected}, expected, "the queue")
    if queue["memory"] <= 0:
        raise AssertionError("the queue takes no memory")
    if cell.queue not in a.do("queues")["queues"]:
        raise AssertionError("the queue is not listed")
    same(a.do("groups", queue=cell.queue), {"groups": {"g1": 1}}, "the groups")
    same(a.do("history", queue=cell.queue), {"processed": 3, "failed": 2}, "today")
    for state in STATES:
        tasks = listed(a, cell, state)
        ids = ["pending", "pending-2"] if state == "pending" else [state]
        same([task["id"] for task in tasks], ids, f"the ids of {state}")
        same(tasks, listed(b, cell, state), f"{state}, beside {b.name}'s own list")
        for task in tasks:
            alone = a.do("get", queue=cell.queue, id=task["id"])
            same({name: alone[name] for name in task}, task, f"{task['id']} by itself")


@both_ways("{a} lists {b}'s server and what it works on")
def servers(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=3)
    b.do("enqueue", queue=cell.queue, id="long", type="hang", payload=text("payload"))
    b.wait_for("long")

    def found():
        servers = a.do("servers", queue=cell.queue)["servers"]
        return servers if servers and servers[0]["workers"] else None

    [server] = cell.until(found, f"{a.name} sees the server and its work")
    [work] = server.pop("workers")
    got = {name: server[name] for name in ("pid", "concurrency", "queues", "strict", "status")}
    queues = {cell.queue: 1}
    same(got, {"pid": b.pid, "concurrency": 3, "queues": queues, "strict": False, "status": "active"}, "the server")
    got = {name: work[name] for name in ("id", "type", "payload", "queue")}
    same(got, {"id": "long", "type": "hang", "payload": text("payload"), "queue": cell.queue}, "its work")
    b.do("stop", queue=cell.queue)
    cell.until(lambda: not a.do("servers", queue=cell.queue)["servers"], "the server is gone when it has shut down")


@both_ways("{a} runs {b}'s scheduled, retry, archived, aggregating task, {b} works on it")
def run(cell, a, b):
    fill(cell, b)
    for state in ("scheduled", "retry", "archived", "aggregating", "completed"):
        a.do("run", queue=cell.queue, id=state)
        same(b.do("get", queue=cell.queue, id=state)["state"], "pending", f"{state} after run")
    same(a.do("groups", queue=cell.queue), {"groups": {}}, "the groups")
    other = cell.start_like(b)
    other.do("work", queue=cell.queue, concurrency=1)
    for state in ("scheduled", "retry", "archived", "aggregating", "completed"):
        other.wait_for(state)


@both_ways("{a} archives and deletes {b}'s tasks; a deleted one's lock is free")
def archive_and_delete(cell, a, b):
    fill(cell, b)
    for state in ("pending", "scheduled", "retry", "completed", "aggregating"):
        a.do("archive", queue=cell.queue, id=state)
        same(b.do("get", queue=cell.queue, id=state)["state"], "archived", f"{state} after archive")
    same(b.do("queue", queue=cell.queue)["archived"], 6, "archived tasks")
    for task_id in ("pending", "pending-2"):
        a.do("delete", queue=cell.queue, id=task_id)
        same(b.ask("get", queue=cell.queue, id=task_id), {"refused": "no task"}, f"{task_id} after delete")
    for more in ({}, {"process_in_s": 600}):
        task = {"queue": cell.queue, "type": "ok", "payload": text("unique"), "unique_s": 600, **more}
        a.do("delete", queue=cell.queue, id=b.do("enqueue", **task)["id"])
        a.do("delete", queue=cell.queue, id=b.do("enqueue", **task)["id"])


@both_ways("{a} runs, archives and deletes all of {b}'s tasks of a state")
def bulk(cell, a, b):
    for state, options in (("scheduled", {"process_in_s": 600}), ("pending", {}), ("aggregating", {"group": "g1"})):
        for i in range(7):
            b.do("enqueue", queue=cell.queue, id=f"{state}-{i}", type="ok", **options)
    for op, state, changed, expected in (
        ("run_all", "scheduled", 7, {"pending": 14, "aggregating": 7}),
        ("archive_all", "pending", 14, {"archived": 14, "aggregating": 7}),
        ("archive_all", "aggregating", 7, {"archived": 21}),
        ("run_all", "archived", 21, {"pending": 21}),
        ("delete_all", "pending", 21, {}),
    ):
        group = "g1" if state == "aggregating" else ""
        answer = a.do(op, queue=cell.queue, state=state, group=group)
        same(answer, {"changed": changed}, f"{op} {state}")
        queue = b.do("queue", queue=cell.queue)
        same({name: queue[name] for name in STATES if queue[name]}, expected, f"the queue after {op} {state}")
    same(cell.count_tasks(), 0, "tasks that are left")


@both_ways("{a} cancels what {b} works on: a failed attempt")
def cancel(cell, a, b):
    long = f"long-{cell.queue}"  # who works on a task of this id in any queue is asked to stop
    b.do("work", queue=cell.queue, concurrency=1, retry_s=3600)
    b.do("enqueue", queue=cell.queue, id=long, type="hang")
    b.wait_for(long)
    a.do("cancel", queue=cell.queue, id=long)
    cell.wait_for_state(long, "retry")
    info = a.do("get", queue=cell.queue, id=long)
    same((info["retried"], bool(info["error"])), (1, True), "retried, and whether there is an error")


@both_ways("{a} pauses {b}'s queue: {b} takes nothing until {a} unpauses it")
def pause(cell, a, b):
    b.do("work", queue=cell.queue, concurrency=1)
    b.do("enqueue", queue=cell.queue, id="before", type="ok")
    b.wait_for("before")
    a.do("pause", queue=cell.queue)
    for agent in (a, b):
        same(agent.do("queue", queue=cell.queue)["paused"], True, f"{agent.name}: paused")
        if "refused" not in agent.ask("pause", queue=cell.queue):
            raise AssertionError(f"{agent.name} pauses it a second time")
    # A worker that was asking Redis in that moment may still take one.
    cell.until(lambda: not b.do("queue", queue=cell.queue)["active"], "nothing is active")
    b.do("enqueue", queue=cell.queue, id="meanwhile", type="ok")
    other = cell.start_like(b)
    other.do("work", queue=cell.queue, concurrency=1)
    cell.until(lambda: other.do("servers", queue=cell.queue)["servers"], "the other server has begun")
    same(other.attempts("meanwhile") + b.attempts("meanwhile"), [], "attempts while it is paused")
    same(cell.state("meanwhile"), "pending", "the task")
    a.do("unpause", queue=cell.queue)
    cell.until(lambda: other.attempts("meanwhile") or b.attempts("meanwhile"), "somebody works on it")


@both_ways("{a} gives {b}'s scheduled task another payload", since="v0.26.0")
def update(cell, a, b):
    b.do("enqueue", queue=cell.queue, id="later", type="ok", payload=text("old"), process_in_s=3600)
    a.do("update_payload", queue=cell.queue, id="later", payload=text("new"))
    same(b.do("get", queue=cell.queue, id="later")["payload"], text("new"), "the payload")
    b.do("run", queue=cell.queue, id="later")
    b.do("work", queue=cell.queue, concurrency=1)
    same(b.wait_for("later")["payload"], text("new"), "the payload, for the handler")


@both_ways("{a} removes {b}'s queue: refused while it has tasks")
def remove(cell, a, b):
    b.do("enqueue", queue=cell.queue, id="x", type="ok")
    if "refused" not in a.ask("remove_queue", queue=cell.queue):
        raise AssertionError("a queue with a task was removed")
    b.do("delete", queue=cell.queue, id="x")
    a.do("remove_queue", queue=cell.queue)
    same(b.ask("queue", queue=cell.queue), {"refused": "no queue"}, f"the queue for {b.name}")
    if cell.queue in b.do("queues")["queues"]:
        raise AssertionError("the queue is still listed")


@row("refusals: both Inspectors refuse the same, with the same words")
def refusals(cell):
    fill(cell, cell.ours)
    for op, task_id, words in (
        ("run", "active", "task is already running"),
        ("run", "pending", "task is already in pending state"),
        ("archive", "active", "cannot archive task in active state. use CancelProcessing instead."),
        ("archive", "archived", "task is already archived"),
        ("delete", "active", "cannot delete task in active state. use CancelProcessing instead."),
        ("run", "nowhere", "no task"),
        ("archive", "nowhere", "no task"),
        ("delete", "nowhere", "no task"),
    ):
        for agent in (cell.ours, cell.go):
            error = agent.ask(op, queue=cell.queue, id=task_id).get("refused", "it was done")
            if words not in error:
                raise AssertionError(f"{agent.name}: {op} {task_id}: {error!r} instead of {words!r}")
    for op in ("queue", "history", "run", "delete"):
        for agent in (cell.ours, cell.go):
            same(agent.ask(op, queue="nowhere", id="x"), {"refused": "no queue"}, f"{agent.name}: {op} of no queue")
