"""Times of answers for addresses with and without an account, compared. See README.md."""

import http.client
import json
import math
import os
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))

from harness import people  # noqa: E402
from harness.mail import MailServer  # noqa: E402
from harness.server import Server, WORKING  # noqa: E402
from harness.stack import Stack  # noqa: E402

CALLS = int(os.environ.get("CALLS", "2000"))
ACCOUNTS = 5  # of each kind in a round; each is asked once, then every attempt is forgotten
CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}
SEED = int(os.environ.get("SEED", "1"))


class Line:
    """One connection that is kept open."""

    def __init__(self, server: Server):
        self._connection = http.client.HTTPConnection(server.http_address, timeout=30)

    def time_us(self, path: str, body: dict, wanted: int) -> float:
        text = json.dumps(body)
        began = time.perf_counter_ns()
        self._connection.request("POST", path, text, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        answer.read()
        took = (time.perf_counter_ns() - began) / 1000
        assert answer.status == wanted, answer.status
        return took


def compare(first: list[float], second: list[float]) -> tuple[float, float]:
    """The Mann-Whitney statistic as a share, and its two-sided p by the normal approximation."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind == 0)
    n, m = len(first), len(second)
    auc = (ranks - n * (n + 1) / 2) / (n * m)
    z = (auc - 0.5) / math.sqrt((n + m + 1) / (12 * n * m))
    return auc, math.erfc(abs(z) / math.sqrt(2))


def measure(server: Server, case: str, kinds: dict[str, list[str]], call, calls: int):
    """`kinds`: two lists of addresses. `call(address)` is path, body and status."""
    line, rng = Line(server), random.Random(SEED)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(calls // ACCOUNTS + 1):
        server.stack.psql("delete from identity.attempts", database=server.database)
        line.time_us(*call(f"nobody{number}@shop.example"))  # the first one after a pause is slower
        order = [(kind, address) for kind, addresses in kinds.items() for address in rng.sample(addresses, ACCOUNTS)]
        rng.shuffle(order)
        for kind, address in order:
            took = line.time_us(*call(address))
            if number > 0:
                times[kind].append(took)
    (first, a), (second, b) = times.items()
    auc, p = compare(a, b)
    medians = {kind: tenths(statistics.median(values)) for kind, values in times.items()}
    deciles = {f"{kind}_p90": tenths(statistics.quantiles(values, n=10)[-1]) for kind, values in times.items()}
    diff = tenths(statistics.median(a) - statistics.median(b))
    print(
        json.dumps({"bench": "identity", "case": case, "unit": "us", "n": len(a), **medians, **deciles, "diff": diff}
                   | {"auc": round(auc, 4), "p": float(f"{p:.2g}")}),
        flush=True,
    )


def tenths(value: float) -> float:
    return round(value, 1)


def login(address: str):
    return "/v1/users:login", {"email": address, "password": "wrong horse battery"}, 401


def register(address: str):
    return "/v1/users:register", {"email": address, "password": people.PASSWORD, "displayName": "Ann"}, 200


def reset(address: str):
    return "/v1/users:requestPasswordReset", {"email": address}, 200


def sign_up(server: Server, mail: MailServer, count: int) -> list[str]:
    addresses = []
    for _ in range(count):
        server.stack.psql("delete from identity.attempts", database=server.database)
        addresses.append(people.sign_up(server, mail))
    return addresses


def main():
    mail, stack = MailServer(), Stack.start()
    servers = []

    def start(**settings) -> Server:
        servers.append(Server(stack, **mail.settings, **settings))
        return servers[-1].start()

    try:
        # Before mail of the measured calls waits in the queue.
        maker = start(**CHEAP, **WORKING)
        known, unknown = sign_up(maker, mail, 20), [people.new_address() for _ in range(20)]
        maker.stop()
        dearer = start(**WORKING)
        dear = sign_up(dearer, mail, ACCOUNTS)
        dearer.stop()
        cheap = start(**CHEAP, database=maker.database)
        both = {"known": known, "unknown": unknown}
        for case, call in (("login", login), ("register", register), ("reset", reset)):
            measure(cheap, case, both, call, CALLS)
        measure(cheap, "control, login", {"known": known[:10], "known too": known[10:]}, login, CALLS)
        cheap.stop()
        raised = start(database=maker.database, PASSWORD_MEMORY_KIB="2048", PASSWORD_PASSES="1")
        measure(raised, "login, the cost was raised", both, login, CALLS // 4)
        raised.stop()
        costly = start(database=dearer.database)
        measure(costly, "login at full cost", {"known": dear, "unknown": unknown}, login, CALLS // 20)
    finally:
        for server in servers:
            server.remove()
        stack.stop()
        mail.stop()


main()
