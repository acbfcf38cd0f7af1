"""Runs the cases of run.sh. Rounds of ours and of the bare server alternate within one client; each figure is a median."""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test"))

from harness import shop, wait  # noqa: E402
from harness.server import LOOPBACK, STILL, Server  # noqa: E402
from harness.stack import CONFIG, Stack  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "20"))
ROUND_S = float(os.environ.get("ROUND_S", "0.25"))
KEYS = 16  # one for each call in flight
RATE = 1_000_000  # calls a minute of each, the most that a key may have: it is asked for, and never used up


def make_keys(server: Server) -> list[str]:
    made = shop.create(server.rest())
    draft = {"displayName": "bench", "scopes": ["domain:read", "tenant:read"], "requestsPerMinute": RATE}
    return [server.rest(made.secret).post(f"{made.path}/apiKeys", draft).ok()["secret"] for _ in range(KEYS)]


@contextlib.contextmanager
def serving_ours(program: pathlib.Path, server: Server):
    """The echo behind the pipeline, on the database of `server`, logging to a file; its address."""
    ready = server.folder / "bench_ready"
    env = {**server.stack.server_env(server.database), **LOOPBACK, **STILL}
    with open(server.folder / "bench_log", "wb") as log:
        process = subprocess.Popen(
            [program, "--config", CONFIG, "--ready-file", ready], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        wait.until(lambda: ready.exists() or process.poll() is not None, "the echo serves")
        yield json.loads(ready.read_text())["grpc"]
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextlib.contextmanager
def serving_bare(program: pathlib.Path):
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield f"127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


def run(command: list, keys: list[str], env: dict | None = None):
    done = subprocess.run(command, input="\n".join(keys), text=True, capture_output=True, timeout=300, env=env)
    if done.returncode != 0:
        raise SystemExit(f"bench/pipeline: {command[0].name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def report(case: str, **figures):
    print(json.dumps({"bench": "pipeline", "case": case, "unit": "us"} | figures), flush=True)


WAYS = {"Say": "at once", "Ask": "by a worker"}


def added(programs: pathlib.Path, ours: str, bare: str, keys: list[str], method: str, in_flight: int):
    command = [programs / "bench_pipeline_client", "--ours", ours, "--bare", bare, "--method", method]
    rounds = run([*command, f"--in-flight={in_flight}", f"--rounds={ROUNDS}", f"--seconds={ROUND_S}"], keys)
    for kind, what in (("", "time a call"), ("p50_", "p50 of a call")):
        mine, theirs = ([each[f"{side}_{kind}us"] for each in rounds] for side in ("ours", "bare"))
        pairs = [a - b for a, b in zip(mine, theirs, strict=True)]
        low, _, high = statistics.quantiles(pairs, n=4)
        report(
            f"added to a call {WAYS[method]}, {in_flight} in flight, {what}",
            ours=round(statistics.median(mine), 1),
            bare=round(statistics.median(theirs), 1),
            added=round(statistics.median(pairs), 1),
            quartiles=[round(low, 1), round(high, 1)],
        )


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    stack = Stack.start()
    server = Server(stack)
    try:
        server.start()
        keys = make_keys(server)
        server.stop()
        env = stack.server_env(server.database)
        for count in (1, KEYS):
            rounds = run([programs / "bench_pipeline_key", f"--rounds={ROUNDS}"], keys[:count], env)
            report(f"API key verified, {count} in turn", ours=round(statistics.median(rounds) / 1000, 3))
        with serving_ours(programs / "bench_pipeline_ours", server) as ours, serving_bare(
            programs / "bench_pipeline_bare"
        ) as bare:
            for method in WAYS:
                for in_flight in (1, 16):
                    added(programs, ours, bare, keys, method, in_flight)
    finally:
        server.remove()
        stack.stop()


if __name__ == "__main__":
    main()
