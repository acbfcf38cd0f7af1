"""Runs pkg/task's integration tests on each server and prints what failed: a row a test, a column a server."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from harness import wait  # noqa: E402

TESTS = "^task.*_integration_test$"
LIMIT_S = 300
NODES = 3


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    program: str
    cluster: bool = False


def find(out: pathlib.Path, name: str) -> str:
    programs = [path for path in (out / "servers").rglob(name) if path.parent.name != "bin" or path.parents[1].name != "servers"]
    if not programs:
        raise SystemExit(f"test/interop/redis: there is no {name} in the packages of servers.txt")
    return str(programs[0])


def servers(out: pathlib.Path) -> list[Server]:
    return [
        Server("Debian's Redis", "redis-server"),
        Server("a cluster of it", "redis-server", cluster=True),
        Server("Redis 6.2", find(out, "redis-server")),
        Server("Valkey 9.1", find(out, "valkey-server")),
    ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def cli(port: int, *words: str) -> str:
    return subprocess.run(["redis-cli", "-p", str(port), *words], text=True, capture_output=True).stdout


@contextlib.contextmanager
def node(program: str, *options: str):
    """A server on a free port of the loopback, which is the value."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sb-redis.") as folder:
        words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, *options]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait.until(lambda: cli(port, "PING").strip() == "PONG" or process.poll() is not None, "the server answers")
            if process.poll() is not None:
                raise SystemExit(f"test/interop/redis: {program} ended before it answered")
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextlib.contextmanager
def cluster(program: str):
    """The address of three nodes with a third of the slots each."""
    with contextlib.ExitStack() as stack:
        buses = [free_port() for _ in range(NODES)]
        ports = [
            stack.enter_context(node(program, "--cluster-enabled", "yes", "--cluster-port", str(bus))) for bus in buses
        ]
        for number, port in enumerate(ports):
            first, last = 16384 * number // NODES, 16384 * (number + 1) // NODES - 1
            cli(port, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
            cli(ports[0], "CLUSTER", "MEET", "127.0.0.1", str(port), str(buses[number]))
        for port in ports:
            wait.until(lambda: f"cluster_state:ok" in cli(port, "CLUSTER", "INFO")
                       and f"cluster_known_nodes:{NODES}" in cli(port, "CLUSTER", "INFO"), "the cluster stands")
        yield "redis-cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)


@contextlib.contextmanager
def address(server: Server):
    if server.cluster:
        with cluster(server.program) as found:
            yield found
    else:
        with node(server.program) as port:
            yield f"127.0.0.1:{port}"


def tests(build: str) -> list[tuple[str, str]]:
    """Name and program of each."""
    listed = subprocess.run(
        ["ctest", "--test-dir", build, "--show-only=json-v1", "-R", TESTS], check=True, capture_output=True, text=True
    )
    return [(test["name"], test["command"][0]) for test in json.loads(listed.stdout)["tests"]]


def run(program: str, server: Server, where: str, path: str) -> list[str]:
    """What failed. A test that starts servers of its own finds this one under redis-server's name."""
    with tempfile.TemporaryDirectory(prefix="sb-path.") as folder:
        if os.path.isabs(server.program):
            os.symlink(server.program, os.path.join(folder, "redis-server"))
        env = {**os.environ, "REDIS_ADDR": where, "REDIS_PASSWORD": "", "PATH": f"{folder}:{path}"}
        try:
            done = subprocess.run([program], env=env, text=True, capture_output=True, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return [f"not done within {LIMIT_S} s"]
    if done.returncode == 0:
        return []
    failed = sorted(set(re.findall(r"^\[  FAILED  \] (\w+\.\w+)", done.stdout, re.M)))
    return failed or [(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]]


def main():
    build, out = sys.argv[1], pathlib.Path(sys.argv[2])
    chosen = [server for server in servers(out) if os.environ.get("COLUMN", "") in server.name]
    all_tests, started = tests(build), time.monotonic()
    if not chosen or not all_tests:
        raise SystemExit("test/interop/redis: nothing to run")
    cells: dict[tuple[str, str], list[str]] = {}
    for server in chosen:
        with address(server) as where:
            for name, program in all_tests:
                cells[name, server.name] = run(program, server, where, os.environ["PATH"])
    width = max(len(name) for name, _ in all_tests)
    print("  ".join(["test".ljust(width)] + [server.name for server in chosen]))
    for name, _ in all_tests:
        marks = [("FAIL" if cells[name, server.name] else "ok").ljust(len(server.name)) for server in chosen]
        print("  ".join([name.ljust(width)] + marks))
    for (name, column), failed in cells.items():
        for what in failed:
            print(f"FAIL {name} [{column}]: {what}")
    failures = sum(bool(failed) for failed in cells.values())
    print(f"\n{len(cells)} cells, {failures} failures, {time.monotonic() - started:.0f} s")
    raise SystemExit(failures > 0)


if __name__ == "__main__":
    main()
