"""kill -9 of the server, and an immediate stop of PostgreSQL, at random moments under a posting load: every post that was
acknowledged is there exactly once, nothing else is but what was sent, and the chain verifies.

SHORT=1 kills less often; SEED=n repeats the random choices of an earlier run."""

import os
import random
import time

import pytest
from harness import shop, wait
from harness.ledger import Ledger
from harness.server import Server
from harness.stack import Stack
from ledger_load import Load, check_promises

SHORT = os.environ.get("SHORT") not in (None, "", "0")
SERVER_KILLS = 6 if SHORT else 250
DATABASE_KILLS = 1 if SHORT else 50
TENANTS = 2
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))


@pytest.fixture
def stack():
    """Durable: a killed PostgreSQL may lose what was not flushed unless it is."""
    stack = Stack.start(fast=False)
    yield stack
    stack.stop()


def at_a_random_moment(load: Load, rng: random.Random):
    """Returns while clients wait for answers: after a few of them, anywhere in a transaction."""
    goal = load.answers + rng.randrange(4, 40)
    wait.until(lambda: load.answers >= goal or load.failures, "the load goes on", 60, 0.0005)
    end = time.perf_counter() + rng.random() * 0.008
    while time.perf_counter() < end:
        pass


def test_KillOfTheServerAndOfPostgres(stack):
    print(f"\nfault: SEED={SEED}")
    rng = random.Random(SEED)
    server = Server(stack).start()
    try:
        shops = [shop.create(server.rest()) for _ in range(TENANTS)]
        for made in shops:
            Ledger.begin(server, made)
        load = Load(server, shops, SEED)
        kills = ["server"] * SERVER_KILLS + ["PostgreSQL"] * DATABASE_KILLS
        rng.shuffle(kills)
        for kill in kills:
            at_a_random_moment(load, rng)
            if load.failures:
                break
            if kill == "server":
                server.kill()
                server.start()
            else:
                stack.kill_postgres()
                stack.tool("up")
        at_a_random_moment(load, rng)
        load.finish()
        print(
            f"\nfault: {SERVER_KILLS} kills of the server and {DATABASE_KILLS} of PostgreSQL, {len(load.promises)} posts "
            f"and {len(load.ended)} ends of them acknowledged, {len(load.refused)} refused, {load.cut_off} cut off, "
            f"SEED={SEED}"
        )
        assert load.failures == []
        # Else the kills missed the load.
        assert load.cut_off >= SERVER_KILLS
        check_promises(server, load, shops)
        assert server.stop() == 0
    finally:
        server.remove()
