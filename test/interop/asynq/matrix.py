"""Rows of behaviours, a column for each version of the peer, and the cells, which run side by side."""

import concurrent.futures
import dataclasses
import re
import sys
import time
import traceback
from collections.abc import Callable

from agents import LIMIT_S, Agent
from harness import wait
from harness.redis import Redis

GO = ("v0.24.1", "v0.25.1", "v0.26.0")
MONITOR = "asynqmon v0.7.2"
COLUMNS = (*GO, MONITOR)
SIDE_BY_SIDE = 6


@dataclasses.dataclass
class Programs:
    """Of both sides, by column."""

    ours: str
    peers: dict[str, str]
    monitor: str


@dataclasses.dataclass
class Row:
    name: str
    run: Callable
    columns: tuple[str, ...]
    together: bool  # one run for all its columns
    slow: bool  # waits for most of its time: begins first and does not count among those side by side


ROWS: list[Row] = []


def row(name: str, columns: tuple[str, ...] = GO, since: str = GO[0], together: bool = False, slow: bool = False):
    """Makes the function, which takes a cell, a row."""
    columns = columns if columns != GO else GO[GO.index(since) :]

    def register(run):
        ROWS.append(Row(name, run, columns, together, slow))
        return run

    return register


def both_ways(name: str, **more):
    """Makes the function, which takes a cell and two agents {a} and {b}, two rows: ours is {a} in the first, {b} in the
    second."""

    def register(run):
        row(name.format(a="C++", b="Go"), **more)(lambda cell: run(cell, cell.ours, cell.go))
        row(name.format(a="Go", b="C++"), **more)(lambda cell: run(cell, cell.go, cell.ours))
        return run

    return register


class Cell:
    """What a row works with: a queue of its own, agents that are started when they are asked for, Redis."""

    def __init__(self, programs: Programs, redis: Redis, column: str, queue: str):
        self.programs, self.redis, self.column, self.queue = programs, redis, column, queue
        self._agents: list[Agent] = []
        self._ours: Agent | None = None
        self._go: Agent | None = None

    def start_ours(self) -> Agent:
        return self._start("C++", self.programs.ours)

    def start_go(self, version: str | None = None) -> Agent:
        version = version or (self.column if self.column in GO else GO[0])
        return self._start(f"Go {version}", self.programs.peers[version])

    def start_like(self, agent: Agent) -> Agent:
        return self.start_ours() if agent.name == "C++" else self.start_go()

    def _start(self, name: str, program: str) -> Agent:
        self._agents.append(Agent(name, program, self.redis.address))
        return self._agents[-1]

    @property
    def ours(self) -> Agent:
        self._ours = self._ours or self.start_ours()
        return self._ours

    @property
    def go(self) -> Agent:
        self._go = self._go or self.start_go()
        return self._go

    def close(self):
        for agent in self._agents:
            agent.close()

    # What stands in Redis.

    def key(self, name: str) -> str:
        return f"asynq:{{{self.queue}}}:{name}"

    def state(self, task_id: str) -> str | None:
        return self.redis("HGET", self.key("t:" + task_id), "state")

    def wait_for_state(self, task_id: str, state: str | None):
        """None: it is gone."""
        self.until(lambda: self.state(task_id) == state, f"{task_id} is {state or 'gone'}")

    def bytes(self, task_id: str) -> str:
        """Its message, in hex."""
        return self.redis("HGET", self.key("t:" + task_id), "msg").encode(errors="surrogateescape").hex()

    def count_tasks(self) -> int:
        """The hashes that there are."""
        count, cursor = 0, "0"
        while True:
            cursor, keys = self.redis("SCAN", cursor, "MATCH", self.key("t:*"), "COUNT", 5000)
            count += len(keys)
            if cursor == "0":
                return count

    def counters(self) -> tuple[int, int]:
        """Processed, failed."""
        return tuple(int(self.redis("GET", self.key(name)) or 0) for name in ("processed", "failed"))

    def until(self, condition, what: str, limit_s: float = LIMIT_S):
        return wait.until(condition, what, limit_s, 0.05)


def same(actual, expected, what: str):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def near(actual: float, expected: float, what: str, by: float = 20):
    """For times in Unix seconds, on a busy machine."""
    if abs(actual - expected) > by:
        raise AssertionError(f"{what}: {actual} instead of about {expected}")


def text(value: str) -> str:
    """As payloads travel to and from agents."""
    return value.encode().hex()


# Running.


class Run:
    def __init__(self, programs: Programs, redis: Redis, rows: list[Row], columns: tuple[str, ...]):
        self._programs, self._redis, self._rows, self._columns = programs, redis, rows, columns
        self._errors: dict[tuple[str, str], str] = {}  # "" where the cell is well

    def execute(self):
        """Runs every cell."""
        pools = {slow: concurrent.futures.ThreadPoolExecutor(100 if slow else SIDE_BY_SIDE) for slow in (True, False)}
        jobs = []
        for number, each in sorted(enumerate(self._rows), key=lambda item: not item[1].slow):
            columns = [column for column in each.columns if column in self._columns]
            for column in columns[:1] if each.together else columns:
                queue = f"{number}-{re.sub('[^a-z0-9.]+', '-', column)}"
                jobs.append(pools[each.slow].submit(self._run_cell, each, column, columns, queue))
        for job in jobs:
            job.result()

    def _run_cell(self, each: Row, column: str, columns: list[str], queue: str):
        cell = Cell(self._programs, self._redis, column, queue)
        try:
            each.run(cell)
            error = ""
        except Exception as failure:  # noqa: BLE001: whatever it is, the cell fails and the others go on
            frames = traceback.extract_tb(failure.__traceback__)
            own = [frame for frame in frames if "/rows/" in frame.filename] or frames
            error = f"{type(failure).__name__}: {failure}\n    at {own[-1].filename}:{own[-1].lineno}: {own[-1].line}"
        finally:
            cell.close()
        for each_column in columns if each.together else [column]:
            self._errors[each.name, each_column] = error

    def print(self) -> int:
        """The matrix, then what is wrong; how many cells are."""
        width = max(len(each.name) for each in self._rows) + 2
        print(" " * width + "  ".join(self._columns))
        for each in self._rows:
            cells = []
            for column in self._columns:
                error = self._errors.get((each.name, column))
                cells.append(("-" if error is None else "FAIL" if error else "ok").ljust(len(column)))
            print(each.name.ljust(width) + "  ".join(cells).rstrip())
        failed = {where: error for where, error in self._errors.items() if error}
        for (name, column), error in failed.items():
            print(f"\nFAIL {name} [{column}]\n    {error}")
        return len(failed)


def run(programs: Programs, rows: list[Row], columns: tuple[str, ...]) -> int:
    began = time.monotonic()
    redis = Redis()
    try:
        matrix = Run(programs, redis, rows, columns)
        matrix.execute()
        failed = matrix.print()
    finally:
        redis.stop()
    print(f"\n{len(rows)} rows, {failed} failures, {time.monotonic() - began:.0f} s")
    sys.stdout.flush()
    return failed
