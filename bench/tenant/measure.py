"""Runs the cases of run.sh: rounds of ours and of the peer alternate, each number is the median of its rounds."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test"))

from harness import shop, wait  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.stack import Stack, clean_environment  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROUND_S = int(os.environ.get("ROUND_S", "4"))
FOLDER = pathlib.Path(__file__).parent


def statement(file: str, name: str, arguments: list[str]) -> str:
    """The named statement, its $1, $2, ... replaced."""
    text = (ROOT / file).read_text()
    found = re.search(rf"^-- name: {name}\n(.*?)(?=^-- name: |\Z)", text, re.M | re.S)
    if not found:
        raise SystemExit(f"bench/tenant: {file} has no statement {name}")
    sql = " ".join(line.split("-- ")[0].strip() for line in found[1].splitlines()).strip().rstrip(";")
    used = {int(number) for number in re.findall(r"\$(\d+)", sql)}
    if used != set(range(1, len(arguments) + 1)):
        raise SystemExit(f"bench/tenant: {name} takes the parameters {sorted(used)}, {len(arguments)} are given")
    return re.sub(r"\$(\d+)", lambda match: f"({arguments[int(match[1]) - 1]})", sql) + ";"


def script(pipelined: bool) -> str:
    lines = []
    for line in (FOLDER / "create_tenant.sql").read_text().splitlines():
        call = re.match(r"-- run (\S+) (\S+) (.*)", line)
        if call:
            lines.append(statement(call[1], call[2], [argument.strip() for argument in re.split(r" \| ", call[3])]))
        elif not line.startswith("--"):
            lines.append(line)
    if pipelined:
        lines.insert(lines.index("begin;"), "\\startpipeline")
        lines.append("\\endpipeline")
    return "\n".join(lines) + "\n"


class Bench:
    def __init__(self, stack: Stack, server: Server):
        self.stack, self.server = stack, server
        self.rounds = 0

    def load(self, mode: str, clients: int, key: str, tenant: str = "") -> dict:
        address = self.server.grpc_address if mode == "get-grpc" else self.server.http_address
        done = subprocess.run(
            [
                ROOT / os.environ["BUILD_DIR"] / "bench" / "tenant_load",
                "-mode",
                mode,
                "-addr",
                address,
                "-key",
                key,
                "-c",
                str(clients),
                "-d",
                f"{ROUND_S}s",
                "-tenant",
                tenant,
            ],
            text=True,
            capture_output=True,
            timeout=ROUND_S * 10 + 30,
        )
        if done.returncode != 0:
            raise SystemExit(f"bench/tenant: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def pgbench(self, clients: int, pipelined: bool) -> float:
        self.rounds += 1
        path = self.server.folder / "script.sql"
        path.write_text(script(pipelined))
        # Far above ids of ours, and of other rounds.
        base = (1 << 62) + (self.rounds << 40)
        env = {**clean_environment(), "PGPASSWORD": self.stack.env["DATABASE_PASSWORD"]}
        done = subprocess.run(
            [
                "pgbench",
                "-n",
                "-M",
                "prepared",
                "-c",
                str(clients),
                "-j",
                str(min(clients, 2)),
                "-T",
                str(ROUND_S),
                "-D",
                "n=0",
                "-D",
                f"base={base}",
                "-f",
                path,
                "-h",
                "127.0.0.1",
                "-p",
                self.stack.env["DATABASE_PORT"],
                "-U",
                "smallbiznis_app",
                self.server.database,
            ],
            env=env,
            text=True,
            capture_output=True,
            timeout=ROUND_S * 10 + 30,
        )
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode != 0 or not rate:
            raise SystemExit(f"bench/tenant: pgbench: {done.stderr.strip()}")
        return float(rate[1])

    def create(self, clients: int):
        ours, plain, pipelined = [], [], []
        for _ in range(ROUNDS):
            ours.append(self.load("create", clients, self.server.seed["platform_key"]))
            plain.append(self.pgbench(clients, pipelined=False))
            pipelined.append(self.pgbench(clients, pipelined=True))
        for peer, rates in (("pgbench", plain), ("pgbench, pipelined", pipelined)):
            report(f"create c={clients}", "tx/s", ours, peer, statistics.median(rates))

    def get(self, mode: str, clients: int, made: shop.Shop):
        rounds = [self.load(mode, clients, made.secret, made.id) for _ in range(ROUNDS)]
        report(
            f"{mode.replace('-', ' over ').replace('grpc', 'gRPC').replace('rest', 'REST')} c={clients}",
            "req/s",
            rounds,
        )


def report(case: str, unit: str, ours: list[dict], peer: str | None = None, peer_value: float | None = None):
    rate = statistics.median(each["rate"] for each in ours)
    latency = {name: round(statistics.median(each[name] for each in ours)) for name in ("p50_us", "p99_us")}
    print(
        json.dumps(
            {
                "bench": "tenant",
                "case": case,
                "unit": unit,
                "ours": round(rate, 1),
                "peer": peer,
                "peer_version": pgbench_version() if peer else None,
                "peer_value": round(peer_value, 1) if peer else None,
                "ratio": round(rate / peer_value, 3) if peer else None,
                **latency,
            }
        ),
        flush=True,
    )


def pgbench_version() -> str:
    return subprocess.run(["pgbench", "--version"], text=True, capture_output=True, check=True).stdout.split()[2]


def check_equal_work(bench: Bench):
    """Both sides leave as many rows of each kind for each tenant."""
    demo = bench.server.seed["demo_tenant"]["tenant_id"]
    for table, rows in (
        ("domain.domains", 1),
        ("identity.api_keys", 1),
        ("tenant.provisioning_steps", 4),
        ("outbox.messages", 4),
        ("audit.events", 1),
    ):
        odd = bench.server.rows(
            f"select count(*) as n from tenant.tenants t where t.tenant_id <> {demo} and "
            f"(select count(*) from {table} x where x.tenant_id = t.tenant_id) <> {rows}"
        )
        if odd[0]["n"]:
            raise SystemExit(f"bench/tenant: {odd[0]['n']} tenants have not {rows} rows of {table}")


def main():
    stack = Stack.start(fast=False)
    server = Server(stack)
    try:
        server.start()
        bench = Bench(stack, server)
        wait.until(lambda: server.rest("").get("/readyz").status == 200, "the server is ready")
        for clients in (1, 16):
            bench.create(clients)
        check_equal_work(bench)
        made = shop.create(server.rest())
        for mode in ("get-grpc", "get-rest"):
            for clients in (1, 16):
                bench.get(mode, clients, made)
    finally:
        server.remove()
        stack.stop()


if __name__ == "__main__":
    main()
