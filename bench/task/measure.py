"""Runs the cases of run.sh: rounds of ours and of the peer alternate, each number is the median of its rounds."""

import dataclasses
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))

from harness.redis import Redis  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "3"))
N_TASKS = int(os.environ.get("N_TASKS", "100000"))
N_PICKUPS = 200
AT_ONCE = 1000
QUEUE = "asynq:{default}"
BULK = f"enqueue {AT_ONCE} at once"


@dataclasses.dataclass
class Run:
    """What a program measured, and what it cost Redis meanwhile."""

    figures: dict
    cpu_us: float  # of Redis' main thread, a task: sockets, protocol and commands
    scripts_us: float  # of the scripts alone, a task
    program_us: float  # of the program itself, a task
    bytes: float  # that stay, a task

    @property
    def rate(self) -> float:
        return self.figures["rate"]


class Side:
    """The program of one side."""

    def __init__(self, program: str, redis: Redis):
        self.program, self.redis = program, redis

    def run(self, workload: str, tasks: int = N_TASKS, **options) -> Run:
        flags = {"redis": self.redis.address, "tasks": tasks, **options}
        args = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
        before = self.usage()
        done = subprocess.run([self.program, *args, workload], text=True, capture_output=True, timeout=400)
        after = self.usage()
        if done.returncode != 0:
            raise SystemExit(f"bench/task: {workload}: {done.stderr.strip()}")
        return Run(json.loads(done.stdout), *((new - old) / tasks for old, new in zip(before, after)))

    def enqueue(self, **options) -> Run:
        self.redis("FLUSHALL")
        return self.run("enqueue", **options)

    def usage(self) -> tuple[float, ...]:
        cpu = self.redis.info("cpu")
        seconds = float(cpu["used_cpu_user_main_thread"]) + float(cpu["used_cpu_sys_main_thread"])
        programs = resource.getrusage(resource.RUSAGE_CHILDREN)  # those that have ended; Redis has not
        program_us = (programs.ru_utime + programs.ru_stime) * 1e6
        return seconds * 1e6, self.scripts_us(), program_us, float(self.redis.info("memory")["used_memory"])

    def scripts_us(self) -> float:
        """Their time includes that of the commands in them, which Redis counts again as commands."""
        stats = self.redis.info("commandstats")
        lines = [stats[name] for name in ("cmdstat_eval", "cmdstat_evalsha") if name in stats]
        return sum(float(dict(pair.split("=") for pair in line.split(","))["usec"]) for line in lines)


class Bench:
    def __init__(self, ours: Side, peer: Side):
        self.ours, self.peer = ours, peer
        self.version = "?"
        self.enqueue_us = (0.0, 0.0)  # the cheapest of ours and of the peer's scripts

    def report(self, case: str, unit: str, ours: float, peer: tuple[str, str | None, float], ratio: float):
        name, version, value = peer
        line = {
            "bench": "task",
            "case": case,
            "unit": unit,
            "ours": round(ours, 3),
            "peer": name,
            "peer_version": version,
            "peer_value": round(value, 3),
            "ratio": round(ratio, 3),
        }
        print(json.dumps(line), flush=True)

    def faster(self, case: str, ours: float, peer: float):
        self.report(case, "tasks/s", ours, ("asynq", self.version, peer), ours / peer)

    def cheaper(self, case: str, unit: str, ours: float, peer: float):
        self.report(case, unit, ours, ("asynq", self.version, peer), peer / ours)

    def alternate(self, run) -> tuple[list[Run], list[Run]]:
        ours, peer = [], []
        for _ in range(ROUNDS):
            ours.append(run(self.ours))
            peer.append(run(self.peer))
        self.version = peer[0].figures["version"]
        return ours, peer

    def enqueue(self):
        """One by one, and 1000 in a call: from one caller, which is how a program that has a thousand would do it."""
        ones, peer_ones = self.alternate(lambda side: side.enqueue(callers=1))
        self.faster("enqueue callers=1", median(ones), median(peer_ones))
        many, peer_many = self.alternate(lambda side: side.enqueue(callers=16))
        self.faster("enqueue callers=16", median(many), median(peer_many))
        bulk = [self.ours.enqueue(callers=1, at_once=AT_ONCE) for _ in range(ROUNDS)]
        self.faster(f"{BULK}; peer: callers=16", median(bulk), median(peer_many))
        single = ("ours, callers=1", None, median(ones))
        self.report(f"{BULK}; peer: our own, callers=1", "tasks/s", median(bulk), single, median(bulk) / median(ones))
        least = ("redis", self.ours.redis.info("server")["redis_version"], 1e6 / self.least_us())
        self.report(f"{BULK}; peer: HSET and LPUSH alone, one Redis core", "tasks/s", median(bulk), least,
                    median(bulk) / least[2])
        self.cost("enqueue callers=16", many, peer_many)
        self.cost(f"{BULK}; peer: callers=16", bulk, peer_many)
        self.cheaper("memory of a pending task", "bytes", median(many, "bytes"), median(peer_many, "bytes"))
        self.enqueue_us = median(bulk, "scripts_us"), median(peer_many, "scripts_us")

    def least_us(self) -> float:
        """Redis' time for the least that adding a task takes: its hash and its place in the list, no script, no look."""
        redis = self.ours.redis
        self.ours.enqueue(tasks=1)
        one = redis("LINDEX", f"{QUEUE}:pending", 0)
        words = redis("HGETALL", f"{QUEUE}:t:{one}")
        spent = []
        for _ in range(ROUNDS):
            redis("FLUSHALL")
            ids = [str(uuid.uuid4()) for _ in range(N_TASKS)]
            commands = [("HSET", f"{QUEUE}:t:{i}", *(word.replace(one, i) for word in words)) for i in ids]
            before = self.ours.usage()[0]
            for at in range(0, N_TASKS, AT_ONCE):
                redis.pipeline([*commands[at : at + AT_ONCE], ("LPUSH", f"{QUEUE}:pending", *ids[at : at + AT_ONCE])])
            spent.append((self.ours.usage()[0] - before) / N_TASKS)
        return statistics.median(spent)

    def process(self, concurrency: int):
        case = f"process concurrency={concurrency}"
        ours, peer = self.alternate(lambda side: self.process_once(side, concurrency))
        self.faster(case, median(ours), median(peer))
        self.cost(case, ours, peer)
        core = 1e6 / median(ours, "scripts_us")
        self.report(f"{case}; peer: one Redis core with our scripts", "tasks/s", median(ours),
                    ("redis", self.ours.redis.info("server")["redis_version"], core), median(ours) / core)
        whole = [1e6 / (before + median(runs, "scripts_us")) for before, runs in zip(self.enqueue_us, (ours, peer))]
        self.faster(f"one Redis core: enqueue and process concurrency={concurrency}, scripts alone", *whole)

    def process_once(self, side: Side, concurrency: int) -> Run:
        self.ours.enqueue(callers=1, at_once=AT_ONCE)
        return side.run("process", concurrency=concurrency)

    def cost(self, case: str, ours: list[Run], peer: list[Run]):
        costs = {"Redis CPU": "cpu_us", "Redis CPU in scripts": "scripts_us", "program CPU": "program_us"}
        for what, name in costs.items():
            self.cheaper(f"{case}: {what} a task", "us", median(ours, name), median(peer, name))

    def pick_up(self):
        ours, peer = self.alternate(lambda side: self.pick_up_once(side))
        for name in ("p50_ms", "p99_ms", "max_ms"):
            values = [statistics.median(run.figures[name] for run in runs) for runs in (ours, peer)]
            self.cheaper(f"pickup {name.removesuffix('_ms')}", "ms", *values)

    def pick_up_once(self, side: Side) -> Run:
        side.redis("FLUSHALL")
        return side.run("pickup", tasks=N_PICKUPS, concurrency=10)


def median(runs: list[Run], name: str = "rate") -> float:
    return statistics.median(getattr(run, name) for run in runs)


def main():
    ours, peer = sys.argv[1:]
    print("bench/task: load average {:.2f} {:.2f} {:.2f} before".format(*os.getloadavg()), file=sys.stderr)
    redis = Redis()
    try:
        bench = Bench(Side(ours, redis), Side(peer, redis))
        bench.enqueue()
        for concurrency in (10, 100):
            bench.process(concurrency)
        bench.pick_up()
    finally:
        redis.stop()


if __name__ == "__main__":
    main()
