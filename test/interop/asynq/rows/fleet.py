"""Workers of both sides on one queue, killed at random moments. SEED (1): others; SHORT=1: a small fleet."""

import os
import random
import threading
import time

from matrix import GO, row, same, text

SHORT = os.environ.get("SHORT") == "1"
SEED = int(os.environ.get("SEED", "1"))
TASKS, KILLS, BUSY_S = (10_000, 6, 12) if SHORT else (200_000, 30, 60)
SLOTS = 10  # of each worker
WORKERS = ("C++", GO[0], "C++", GO[-1])
FAILS_FIRST = 100  # one of so many tasks
AT_ONCE = 2000
SETTLED_LIMIT_S = 240.0
LISTS = ("pending", "active", "lease", "retry", "scheduled", "archived", "completed")


class Fleet:
    def __init__(self, cell):
        self.cell = cell
        self.marks = cell.key("marks")
        self.dice = random.Random(SEED)
        self.workers = [self.start(name) for name in WORKERS]
        self.kills = 0

    def start(self, name: str):
        agent = self.cell.start_ours() if name == "C++" else self.cell.start_go(name)
        agent.do("work", queue=self.cell.queue, concurrency=SLOTS, retry_s=1)
        return agent

    def enqueue(self) -> list[threading.Thread]:
        """Half of them by each side. Their handlers take so long that the workers are busy for BUSY_S."""
        ms = max(1, int(BUSY_S * 1000 * len(WORKERS) * SLOTS / TASKS))
        failing = TASKS // 2 // FAILS_FIRST
        threads = []
        for agent, ahead in ((self.cell.ours, "c"), (self.cell.go, "g")):
            for outcome, count in (("fail", failing), ("succeed", TASKS // 2 - failing)):
                some = (agent, ahead + outcome[0], count, text(f"{self.marks} {ms} {outcome}"))
                threads.append(threading.Thread(target=self.enqueue_some, args=some))
                threads[-1].start()
        return threads

    def enqueue_some(self, agent, ahead: str, count: int, payload: str):
        task = {"queue": self.cell.queue, "type": "count", "payload": payload}
        for begin in range(0, count, AT_ONCE):
            agent.do("enqueue_many", **task, count=min(AT_ONCE, count - begin), ahead=f"{ahead}{begin}.")

    def kill_some(self):
        while self.kills < KILLS:
            pause = time.monotonic() + self.dice.uniform(0.5, 1.5) * BUSY_S / KILLS
            self.cell.until(lambda: time.monotonic() > pause, "the next moment")
            index = self.dice.randrange(len(self.workers))
            self.workers[index].kill()
            self.workers[index] = self.start(WORKERS[index])
            self.kills += 1

    def left(self) -> dict[str, int]:
        sizes = {}
        for name in LISTS:
            size = self.cell.redis("LLEN" if name in ("pending", "active") else "ZCARD", self.cell.key(name))
            if size:
                sizes[name] = size
        return sizes


@row(
    f"mixed fleet, 2 C++ and 2 Go workers, {TASKS:,} tasks, {KILLS} times kill -9: each done, nothing left",
    columns=(GO[0], GO[-1]),
    together=True,
    slow=True,
)
def fleet(cell):
    fleet = Fleet(cell)
    enqueueing = fleet.enqueue()
    fleet.kill_some()
    for thread in enqueueing:
        thread.join()
    cell.until(lambda: cell.redis("HLEN", fleet.marks) == TASKS, "every task was done", SETTLED_LIMIT_S)
    cell.until(lambda: not fleet.left(), "nothing is left", SETTLED_LIMIT_S)
    processed, failed = cell.counters()
    same(processed - failed, TASKS, "processed - failed")
    if failed < TASKS // FAILS_FIRST:
        raise AssertionError(f"only {failed} attempts failed, and {TASKS // FAILS_FIRST} were to")
    same(cell.count_tasks(), 0, "tasks that are left")
    done = sum(int(times) for times in cell.redis("HVALS", fleet.marks))
    print(f"mixed fleet: seed {SEED}, {fleet.kills} kills, {done - TASKS} tasks done twice, {failed} failed attempts")
