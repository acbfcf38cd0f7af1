"""Runs the cases of run.sh: rounds of ours and of the peers alternate, each number is the median of its rounds."""

import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test"))

import growth  # noqa: E402
from harness import shop, wait  # noqa: E402
from harness.clients import Rest  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.stack import Stack, clean_environment  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROUND_S = float(os.environ.get("ROUND_S", "4"))
CASES = os.environ.get("CASES", "one hundred bulk verify lots").split()
KNOWN = "one hundred bulk verify lots growth".split()
FOLDER = pathlib.Path(__file__).parent
MANY = 100  # tenants
MILLION = 1_000_000
GROWTH = [int(size) for size in os.environ.get("GROWTH", "10000 100000 1000000 10000000").split()]  # entries


class Bench:
    def __init__(self, programs: pathlib.Path, stack: Stack, server: Server):
        self.programs, self.stack, self.server = programs, stack, server
        self.shops: list[shop.Shop] = []

    def make_shops(self, count: int):
        while len(self.shops) < count:
            made = shop.create(self.server.rest())
            Ledger.begin(self.server, made)
            self.shops.append(made)

    def sql(self, file: str):
        self.stack.psql((FOLDER / file).read_text(), database=self.server.database, role="owner")

    def grpc(self, tenants: int, in_flight: int, rows: int = 1) -> dict:
        """Through the server, as the tenants' own keys."""
        return self._run(
            [self.programs / "bench_ledger_client", "--address", self.server.grpc_address]
            + [f"--in-flight={in_flight}", f"--rows={rows}", f"--seconds={ROUND_S}"],
            stdin="".join(f"{each.id} {each.secret}\n" for each in self.shops[:tenants]),
        )

    def lanes(self, tenants: int, callers: int, rows: int = 1) -> dict:
        """In a process of its own, without gRPC."""
        ids = ",".join(each.id for each in self.shops[:tenants])
        return self._lanes(f"--tenants={ids}", f"--callers={callers}", f"--rows={rows}", f"--seconds={ROUND_S}")

    def fill(self, entries: int, members: int, amount: int) -> shop.Shop:
        """A new tenant with so many credits."""
        made = shop.create(self.server.rest())
        Ledger.begin(self.server, made)
        self._lanes(
            *(f"--tenants={made.id}", "--callers=4", "--rows=1000", f"--posts={entries}"),
            *(f"--members={members}", f"--amount={amount}"),
        )
        return made

    def grow(self, entries: int, members: int):
        """The first shop's ledger, by so many credits."""
        self._lanes(
            *(f"--tenants={self.shops[0].id}", "--callers=4", "--rows=1000", f"--posts={max(entries, 1000)}"),
            *(f"--members={members}",),
            timeout_s=3600,
        )

    def _lanes(self, *options: str, timeout_s: float = 300) -> dict:
        env = self.stack.server_env(self.server.database)
        return self._run([self.programs / "bench_ledger", *options], timeout_s, env=env)

    def spend(self, made: shop.Shop, amount: int) -> dict:
        return self._run(
            [self.programs / "bench_ledger_client", "--address", self.server.grpc_address, f"--spend={amount}"],
            stdin=f"{made.id} {made.secret}\n",
        )

    def _run(self, command: list, timeout_s: float = 300, **options) -> dict:
        stdin = options.pop("stdin", None)
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=timeout_s, **options)
        if done.returncode != 0:
            raise SystemExit(f"bench/ledger: {command[0].name}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def pgbench(self, file: str, clients: int, **variables) -> float:
        """Transactions a second."""
        env = {**clean_environment(), "PGPASSWORD": self.stack.env["SB_STACK_OWNER_PASSWORD"]}
        done = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2))]
            + ["-T", str(max(1, round(ROUND_S))), "-f", FOLDER / file]
            + [f"-D{name}={value}" for name, value in variables.items()]
            + ["-h", "127.0.0.1", "-p", self.stack.env["DATABASE_PORT"], "-U", "smallbiznis_owner", self.server.database],
            env=env,
            text=True,
            capture_output=True,
            timeout=300,
        )
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode != 0 or not rate:
            raise SystemExit(f"bench/ledger: pgbench: {done.stderr.strip()}")
        return float(rate[1])

    # Cases.

    def posts(self, tenants: int):
        """Posts of one row: naive, through gRPC, and by the lanes alone."""
        naive, grpc, lanes = [], {n: [] for n in (1, 16, 256)}, {n: [] for n in (1, 16, 256)}
        for _ in range(ROUNDS):
            naive.append(self.pgbench("naive.sql", 16, tenants=tenants))
            for n in grpc:
                grpc[n].append(self.grpc(tenants, n))
                lanes[n].append(self.lanes(tenants, n))
        peer = statistics.median(naive)
        report(f"naive, 16 connections, tenants={tenants}", [{"per_second": rate} for rate in naive])
        for n, rounds in grpc.items():
            report(f"gRPC, {n} in flight, tenants={tenants}", rounds, naive=peer)
        for n, rounds in lanes.items():
            report(f"lanes in process, {n} callers, tenants={tenants}", rounds, naive=peer)

    def bulk(self):
        """Posts of 1,000 rows beside the bare insert of as many."""
        limit, grpc, lanes = [], [], []
        for _ in range(ROUNDS):
            limit.append(max(1000 * self.pgbench("limit.sql", clients) for clients in (1, 2, 4)))
            grpc.append(self.grpc(1, 4, rows=1000))
            lanes.append(self.lanes(1, 4, rows=1000))
        bare = statistics.median(limit)
        report("limit: bare insert of 1,000 rows", [{"per_second": rate} for rate in limit])
        report("gRPC, 4 x 1,000 rows, tenants=1", grpc, limit=bare)
        report("lanes in process, 4 x 1,000 rows, tenants=1", lanes, limit=bare)

    def verify(self):
        """Everything there is to verify of a million entries, by VerifyChain."""
        made = self.fill(MILLION, members=10_000, amount=10)
        rounds = []
        for _ in range(ROUNDS):
            begun = time.monotonic()
            answer = Ledger(Rest(self.server.http_address, made.secret, timeout_s=100), made).verify()
            rounds.append({"seconds": time.monotonic() - begun})
            assert answer["intact"] and int(answer["entries"]) >= MILLION, answer
        report("VerifyChain, 1,000,000 entries", rounds)

    def lots(self):
        """A member spends a million lots at once."""
        rounds = []
        for _ in range(ROUNDS):
            made = self.fill(MILLION, members=1, amount=1)
            rounds.append(self.spend(made, MILLION))
            assert rounds[-1].pop("lots") == MILLION
        report("gRPC, one debit of 1,000,000 lots", rounds)

    def growth(self):
        """The lanes' rates on a ledger that grows, beside a small one; a plot of them."""
        with self.another() as grown:
            curves = growth.measure(grown, self.another, GROWTH, ROUNDS, report)
        growth.plot(curves, FOLDER / "growth.svg")

    @contextlib.contextmanager
    def another(self):
        """A bench of one shop, on a database of its own in the same PostgreSQL."""
        with serving(self.stack) as server:
            bench = Bench(self.programs, self.stack, server)
            bench.make_shops(1)
            yield bench


@contextlib.contextmanager
def serving(stack: Stack):
    server = Server(stack)
    try:
        server.start()
        wait.until(lambda: server.rest("").get("/readyz").status == 200, "the server is ready")
        yield server
    finally:
        server.remove()


def report(case: str, rounds: list[dict], **peers: float):
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0] if name != "posted"}
    figures = {name: round(value, 3) if value < 100 else round(value) for name, value in medians.items()}
    times = {f"of_{name}": round(figures["per_second"] / value, 3) for name, value in peers.items()}
    print(json.dumps({"bench": "ledger", "case": case, **figures, **times}), flush=True)


def main():
    if unknown := [case for case in CASES if case not in KNOWN]:
        raise SystemExit(f"bench/ledger: no case is called {' or '.join(unknown)}; CASES names some of: {' '.join(KNOWN)}")
    programs = pathlib.Path(sys.argv[1]).resolve()
    stack = Stack.start(fast=False)
    try:
        with serving(stack) as server:
            bench = Bench(programs, stack, server)
            bench.make_shops(MANY)
            bench.sql("naive_schema.sql")
            if "one" in CASES:
                bench.posts(1)
            if "hundred" in CASES:
                bench.posts(MANY)
            if "bulk" in CASES:
                bench.bulk()
            if "verify" in CASES:
                bench.verify()
            if "lots" in CASES:
                bench.lots()
            if "growth" in CASES:
                bench.growth()
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
