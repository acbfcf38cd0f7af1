"""Runs the cases of run.sh: rounds of ours and of the peer alternate, each number is the median of its rounds."""

import contextlib
import json
import os
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROUND_S = float(os.environ.get("ROUND_S", "2"))
CONNECTIONS = (1, 16, 64)


@contextlib.contextmanager
def running(program: str):
    """The program's first line, {"http": port, "grpc": port, ...}, while it serves."""
    process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"bench/gateway: {program} ended before it served")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(timeout=20)


def load(program: str, mode: str, port: int, callers: int) -> dict:
    done = subprocess.run(
        [program, "-mode", mode, "-addr", f"127.0.0.1:{port}", "-c", str(callers), "-d", f"{ROUND_S}s"],
        text=True,
        capture_output=True,
        timeout=ROUND_S * 10 + 30,
    )
    if done.returncode != 0:
        raise SystemExit(f"bench/gateway: {done.stderr.strip()}")
    return json.loads(done.stdout)


def median(rounds: list[dict], name: str) -> float:
    return statistics.median(each[name] for each in rounds)


def report(case: str, unit: str, ours: float, peer: tuple[str, str, float] | None = None, ratio: float | None = None):
    name, version, value = peer or (None, None, None)
    line = {
        "bench": "gateway",
        "case": case,
        "unit": unit,
        "ours": round(ours, 3),
        "peer": name,
        "peer_version": version,
        "peer_value": None if value is None else round(value, 3),
        "ratio": None if ratio is None else round(ratio, 3),
    }
    print(json.dumps(line), flush=True)


def json_post(client: str, ours: dict, peer: dict, callers: int):
    """Requests per second and the 99th percentile, side by side."""
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(load(client, "http", ours["http"], callers))
        theirs.append(load(client, "http", peer["http"], callers))
    name = ("grpc-gateway", peer["version"])
    rates = median(mine, "rate"), median(theirs, "rate")
    report(f"json_post c={callers}", "req/s", rates[0], (*name, rates[1]), rates[0] / rates[1])
    p99 = median(mine, "p99_us") / 1000, median(theirs, "p99_us") / 1000
    report(f"json_post c={callers} p99", "ms", p99[0], (*name, p99[1]), p99[1] / p99[0])


def over_direct(client: str, ours: dict):
    """What HTTP and JSON add to a call of our own server, one in flight."""
    http, grpc = [], []
    for _ in range(ROUNDS):
        http.append(load(client, "http", ours["http"], 1))
        grpc.append(load(client, "grpc", ours["grpc"], 1))
    report("grpc c=1 p50", "us", median(grpc, "p50_us"))
    report("json_post c=1 p50", "us", median(http, "p50_us"))
    report("json_post minus direct grpc, c=1 p50", "us", median(http, "p50_us") - median(grpc, "p50_us"))


def main():
    ours_program, peer_program, client = sys.argv[1:]
    with running(ours_program) as ours, running(peer_program) as peer:
        for callers in CONNECTIONS:
            json_post(client, ours, peer, callers)
        over_direct(client, ours)


if __name__ == "__main__":
    main()
