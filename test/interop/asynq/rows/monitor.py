"""asynqmon's REST API on queues of ours: every page, every action."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request

from matrix import MONITOR, row, same, text
from rows.inspecting import STATES, fill

PAGES = {state: f"{state}_tasks" for state in STATES} | {"aggregating": "groups/g1/aggregating_tasks"}
# What its pages offer for tasks of a state, and where a task then is; None: gone.
ACTIONS = {
    "run": (("scheduled", "retry", "archived", "aggregating"), "pending"),
    "archive": (("pending", "scheduled", "retry", "aggregating"), "archived"),
    "delete": (("pending", "scheduled", "retry", "archived", "completed", "aggregating"), None),
}
BATCH_ANSWER = {"run": "pending_ids", "archive": "archived_ids", "delete": "deleted_ids"}
LIMIT_S = 20


class Monitor:
    """asynqmon while it serves."""

    def __init__(self, cell):
        self._cell = cell

    def __enter__(self):
        program, address = self._cell.programs.monitor, self._cell.redis.address
        self._process = subprocess.Popen([program, "--redis", address], stdin=-1, stdout=-1, text=True)
        self._base = f"http://127.0.0.1:{int(self._process.stdout.readline())}/api"
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=LIMIT_S)

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        with contextlib.ExitStack() as open_answers:
            try:
                answer = open_answers.enter_context(urllib.request.urlopen(request, timeout=LIMIT_S))
            except urllib.error.HTTPError as error:
                answer = open_answers.enter_context(error)
            got = answer.read()
        try:
            return answer.status, json.loads(got) if got else {}
        except json.JSONDecodeError:
            return answer.status, {"text": got.decode(errors="replace").strip()}

    def do(self, method: str, path: str, body: dict | None = None) -> dict:
        status, answer = self.ask(method, path, body)
        if not 200 <= status < 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def queue(self, path: str = "", method: str = "GET", body: dict | None = None) -> dict:
        return self.do(method, f"/queues/{self._cell.queue}{path}", body)

    def states(self) -> dict[str, int]:
        current = self.queue()["current"]
        return {state: current[state] for state in STATES if current[state]}


@row("asynqmon reads our queue: its page, its history, its groups, the list of queues", columns=(MONITOR,))
def queue_pages(cell):
    fill(cell, cell.ours)
    with Monitor(cell) as monitor:
        expected = {state: 1 for state in STATES} | {"pending": 2}
        same(monitor.states(), expected, "the queue's page")
        current = monitor.queue()["current"]
        got = {name: current[name] for name in ("size", "groups", "processed", "failed", "succeeded", "paused")}
        numbers = {"size": 8, "groups": 1, "processed": 3, "failed": 2, "succeeded": 1, "paused": False}
        same(got, numbers, "the queue's numbers")
        same(monitor.queue()["history"][0]["processed"], 3, "processed today")
        names = [queue["queue"] for queue in monitor.do("GET", "/queues")["queues"]]
        same(names.count(cell.queue), 1, "how often it is in the list of queues")
        same(monitor.do("GET", "/queue_stats")["stats"][cell.queue][0]["failed"], 2, "failed today, on the start page")
        same(monitor.queue("/groups")["groups"], [{"group": "g1", "size": 1}], "the groups")


@row("asynqmon reads our tasks: the list of every state, the page of every task", columns=(MONITOR,))
def task_pages(cell):
    fill(cell, cell.ours)
    payloads = {"active": "payload", "retry": "boom", "archived": "boom", "completed": "result"}
    with Monitor(cell) as monitor:
        for state, page in PAGES.items():
            tasks = monitor.queue(f"/{page}")["tasks"]
            same([task["id"] for task in tasks][:1], [state], f"ids on the page of {state}")
            same(tasks[0]["payload"], payloads.get(state, state), f"payload on the page of {state}")
            task = monitor.queue(f"/tasks/{state}")
            got = [task["id"], task["state"], task["queue"], task["payload"]]
            same(got, [state, state, cell.queue, payloads.get(state, state)], f"the page of the {state} task")
        for state in ("retry", "archived"):
            if "boom" not in monitor.queue(f"/tasks/{state}")["error_message"]:
                raise AssertionError(f"the error of the {state} task is not shown")
        completed = monitor.queue("/completed_tasks")["tasks"][0]
        same(completed["result"], "result", "the result")
        same(3500 < completed["ttl_seconds"] <= 3600, True, "whether it is kept for an hour")
        same(monitor.queue("/active_tasks")["tasks"][0]["is_orphaned"], False, "whether the active one is orphaned")


@row("asynqmon reads our servers and what they work on, and Redis", columns=(MONITOR,))
def other_pages(cell):
    fill(cell, cell.ours)
    with Monitor(cell) as monitor:

        def found():
            servers = monitor.do("GET", "/servers")["servers"]
            mine = [server for server in servers if cell.queue in server["queue_priorities"]]
            return mine if mine and mine[0]["active_workers"] else None

        [server] = cell.until(found, "the server and its work are on the page")
        got = [server[name] for name in ("pid", "concurrency", "queue_priorities", "strict_priority_enabled", "status")]
        same(got, [cell.ours.pid, 1, {cell.queue: 1}, False, "active"], "the server")
        work = server["active_workers"][0]
        same([work["task_id"], work["task_type"], work["task_payload"]], ["active", "hang", "payload"], "its work")
        same(monitor.do("GET", "/redis_info")["info"]["redis_mode"], "standalone", "Redis")


def add(cell, state: str, task_id: str):
    """A task in a state that no worker is needed for."""
    options = {"scheduled": {"process_in_s": 3600}, "aggregating": {"group": "g1"}}.get(state, {})
    if state in ("retry", "completed"):
        options = {"max_retry": 3, "retention_s": 3600}
    kind = {"retry": "fail", "completed": "result"}.get(state, "ok")
    cell.ours.do("enqueue", queue=cell.queue, id=task_id, type=kind, payload=text("x"), **options)
    if state == "archived":
        cell.ours.do("archive", queue=cell.queue, id=task_id)


def add_all(cell, states: tuple[str, ...], how_often: int):
    for needs_worker in (True, False):
        for state in states:
            for i in range(how_often):
                if (state in ("retry", "completed")) == needs_worker:
                    add(cell, state, f"{state}-{i}")
        if needs_worker:
            cell.ours.do("work", queue=cell.queue, concurrency=1, retry_s=3600)
            cell.until(lambda: not cell.redis("LLEN", cell.key("pending")), "they are taken")
            cell.until(lambda: not cell.redis("LLEN", cell.key("active")), "they have ended")
            cell.ours.do("stop", queue=cell.queue)


def check(cell, task_id: str, expected: str | None, what: str):
    same(cell.state(task_id), expected, f"{task_id} {what}")


def act(cell, action: str):
    """On one task, on several, on all of a state."""
    states, after = ACTIONS[action]
    add_all(cell, states, 4)
    with Monitor(cell) as monitor:
        for state in states:
            page = f"/{PAGES[state]}"
            if action == "delete":
                monitor.queue(f"{page}/{state}-0", "DELETE")
            else:
                monitor.queue(f"{page}/{state}-0:{action}", "POST")
            check(cell, f"{state}-0", after, f"after {action}")
            some = [f"{state}-1", f"{state}-2"]
            answer = monitor.queue(f"{page}:batch_{action}", "POST", {"task_ids": some})
            same(answer[BATCH_ANSWER[action]], some, f"the answer to batch_{action} of {state}")
            for task_id in some:
                check(cell, task_id, after, f"after batch_{action}")
            monitor.queue(f"{page}:{action}_all", "DELETE" if action == "delete" else "POST")
            check(cell, f"{state}-3", after, f"after {action}_all")
    if after is None:
        same(cell.count_tasks(), 0, "tasks that are left")


@row("asynqmon :run, :batch_run, :run_all on our tasks", columns=(MONITOR,))
def run(cell):
    act(cell, "run")
    cell.ours.do("work", queue=cell.queue, concurrency=4)
    for state in ACTIONS["run"][0]:
        cell.ours.wait_for(f"{state}-3")


@row("asynqmon :archive, :batch_archive, :archive_all on our tasks", columns=(MONITOR,))
def archive(cell):
    act(cell, "archive")
    same(cell.ours.do("queue", queue=cell.queue)["archived"], 16, "archived, for our Inspector")


@row("asynqmon DELETE, :batch_delete, :delete_all on our tasks, DELETE of our queue", columns=(MONITOR,))
def delete(cell):
    act(cell, "delete")
    with Monitor(cell) as monitor:
        add(cell, "pending", "x")
        path = f"/queues/{cell.queue}"
        same(monitor.ask("DELETE", path)[0], 400, "the status for a queue with a task")
        monitor.queue("/pending_tasks/x", "DELETE")
        monitor.do("DELETE", path)
    same(cell.ours.ask("queue", queue=cell.queue), {"refused": "no queue"}, "for our Inspector")


@row("asynqmon :cancel, :batch_cancel, :cancel_all of what C++ works on", columns=(MONITOR,))
def cancel(cell):
    cell.ours.do("work", queue=cell.queue, concurrency=4, retry_s=3600)
    ids = [f"long-{cell.queue}-{i}" for i in range(4)]  # see rows/inspecting.py
    for task_id in ids:
        cell.ours.do("enqueue", queue=cell.queue, id=task_id, type="hang")
        cell.ours.wait_for(task_id)
    with Monitor(cell) as monitor:
        monitor.queue(f"/active_tasks/{ids[0]}:cancel", "POST")
        cell.wait_for_state(ids[0], "retry")
        same(monitor.states(), {"active": 3, "retry": 1}, "the queue after one was cancelled")
        monitor.queue("/active_tasks:batch_cancel", "POST", {"task_ids": [ids[1]]})
        cell.wait_for_state(ids[1], "retry")
        same(monitor.states(), {"active": 2, "retry": 2}, "the queue after a batch")
        monitor.queue("/active_tasks:cancel_all", "POST")
        for task_id in ids:
            cell.wait_for_state(task_id, "retry")


@row("asynqmon :pause, :resume of our queue", columns=(MONITOR,))
def pause(cell):
    cell.ours.do("enqueue", queue=cell.queue, id="x", type="ok")
    with Monitor(cell) as monitor:
        monitor.queue(":pause", "POST")
        same(cell.ours.do("queue", queue=cell.queue)["paused"], True, "paused, for our Inspector")
        cell.ours.do("work", queue=cell.queue, concurrency=1)
        cell.until(lambda: cell.ours.do("servers", queue=cell.queue)["servers"], "the server has begun")
        same(cell.ours.attempts("x"), [], "attempts while it is paused")
        monitor.queue(":resume", "POST")
        cell.ours.wait_for("x")
