"""kill -9 at random moments under an onboarding load: what was acknowledged is whole, nothing is half there or double.

SHORT=1 kills less often; SEED=n repeats the random choices of an earlier run."""

import os
import random
import time

import pytest
from harness import wait
from harness.server import Server
from harness.stack import Stack
from onboarding_load import Load, check_promises, check_secrets

SHORT = os.environ.get("SHORT") not in (None, "", "0")
SERVER_KILLS = 20 if SHORT else 200
DATABASE_KILLS = 2 if SHORT else 6
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))


def stack_fixture(fast: bool):
    @pytest.fixture
    def fixture():
        stack = Stack.start(fast=fast)
        yield stack
        stack.stop()

    return fixture


stack = stack_fixture(fast=True)
# A killed PostgreSQL may lose what was not flushed unless it is durable.
durable_stack = stack_fixture(fast=False)


def at_a_random_moment(load: Load, rng: random.Random):
    """Returns while clients wait for answers: after a few acknowledgements, anywhere in a transaction."""
    goal = len(load.promises) + rng.randrange(1, 9)
    wait.until(lambda: len(load.promises) >= goal or load.failures, "the load goes on", 60, 0.0005)
    end = time.perf_counter() + rng.random() * 0.008
    while time.perf_counter() < end:
        pass


def report(what: str, load: Load, kills: int):
    print(
        f"\nfault: {what}: {kills} kills, {len(load.promises)} tenants acknowledged, "
        f"{load.cut_off} requests cut off, SEED={SEED}"
    )


def test_KillOfTheServer(stack):
    print(f"\nfault: SEED={SEED}")
    rng = random.Random(SEED)
    server = Server(stack).start()
    try:
        load = Load(server, SEED)
        for _ in range(SERVER_KILLS):
            at_a_random_moment(load, rng)
            if load.failures:
                break
            server.kill()
            server.start()
        load.finish()
        report("server", load, SERVER_KILLS)
        assert load.failures == []
        # Else the kills missed the load.
        assert load.cut_off >= SERVER_KILLS
        check_promises(server, load.promises)
        check_secrets(server, load.promises, rng)
        assert server.stop() == 0
    finally:
        server.remove()


def test_KillWhileStarting(stack):
    """A start that is cut short anywhere leaves a database on which the next one succeeds, seeded once."""
    rng = random.Random(SEED)
    server = Server(stack)
    try:
        for _ in range(max(SERVER_KILLS // 10, 5)):
            server.launch()
            end = time.perf_counter() + rng.random() * 0.3
            while time.perf_counter() < end and server.exited() is None:
                pass
            server.kill()
        server.start()
        keys = server.rows("select api_key_id from identity.api_keys where tenant_id = 0")
        assert len(keys) == 1
        assert server.rows("select count(*) as n from tenant.tenants") == [{"n": 1}]
        assert server.rest().get("/v1/tenants").status == 200
    finally:
        server.remove()


def test_KillOfPostgres(durable_stack):
    """SIGQUIT to the postmaster ends it at once, without a checkpoint; the server stays and reconnects."""
    rng = random.Random(SEED)
    server = Server(durable_stack).start()
    try:
        load = Load(server, SEED)
        for _ in range(DATABASE_KILLS):
            at_a_random_moment(load, rng)
            durable_stack.kill_postgres()
            durable_stack.tool("up")
        at_a_random_moment(load, rng)
        load.finish()
        report("PostgreSQL", load, DATABASE_KILLS)
        assert load.failures == []
        assert server.exited() is None
        check_promises(server, load.promises)
        check_secrets(server, load.promises, rng)
        assert server.stop() == 0
    finally:
        server.remove()
