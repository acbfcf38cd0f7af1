"""kill -9 of one side's worker; the other side recovers its task. A lease lasts 30 s, and both give it 30 s more."""

import os
import signal
import time

from matrix import both_ways, row, same, text

GRACE_S = 31  # after the end of the lease, to be sure
LIMIT_S = 100


def abandon(cell, a):
    """Leaves an attempt on "again", and one on "never", which may not be tried again, without a worker."""
    a.do("enqueue", queue=cell.queue, id="again", type="hang", max_retry=2)
    a.do("enqueue", queue=cell.queue, id="never", type="hang", max_retry=0)
    worker = cell.start_like(a)
    worker.do("work", queue=cell.queue, concurrency=2)
    for task_id in ("again", "never"):
        worker.wait_for(task_id)
    worker.kill()
    wait_until_recoverable(cell)


def wait_until_recoverable(cell):
    [_, latest] = cell.redis("ZREVRANGE", cell.key("lease"), 0, 0, "WITHSCORES")
    cell.until(lambda: time.time() > float(latest) + GRACE_S, "the leases are over for long enough", LIMIT_S)


@both_ways("kill -9 of {a}'s worker: {b} tries its task again, or archives it", slow=True)
def kill(cell, a, b):
    abandon(cell, a)
    # The peer's recoverer looks when its server starts and then every 60 s.
    b.do("work", queue=cell.queue, concurrency=2, retry_s=0)
    same(b.wait_for("again")["retried"], 1, "retried, for the handler")
    for task_id, retried in (("again", 1), ("never", 0)):
        for agent in (a, b):
            info = agent.do("get", queue=cell.queue, id=task_id)
            got, error = (info["retried"], info["error"]), "asynq: task lease expired"
            same(got, (retried, error), f"{task_id} for {agent.name}")
    same(cell.state("never"), "archived", "the task that may not be tried again")
    same(cell.counters(), (2, 2), "processed, failed")


@row("a frozen C++ worker whose task Go has done meanwhile changes nothing", slow=True)
def frozen(cell):
    marks = cell.key("marks")
    worker = cell.start_ours()
    worker.do("work", queue=cell.queue, concurrency=1)
    cell.ours.do("enqueue", queue=cell.queue, id="0", type="count", payload=text(f"{marks} 2000 succeed"), max_retry=2)
    cell.wait_for_state("0", "active")
    os.kill(worker.pid, signal.SIGSTOP)
    wait_until_recoverable(cell)
    cell.go.do("work", queue=cell.queue, concurrency=1, retry_s=0)
    cell.until(lambda: cell.counters() == (2, 1), "Go has recovered it and done it")
    os.kill(worker.pid, signal.SIGCONT)
    # Its handler was asked to stop, or leaves a second mark: a task is done at least once. It ends nothing, though.
    worker.do("enqueue", queue=cell.queue, id="after", type="ok")
    cell.wait_for_state("after", None)
    worker.do("stop", queue=cell.queue)
    same(cell.counters(), (3, 1), "processed, failed")
    same([cell.redis("LLEN", cell.key("active")), cell.redis("ZCARD", cell.key("lease"))], [0, 0], "active, leases")
    same(cell.count_tasks(), 0, "tasks")
