"""Redis and the server come and go while tenants are provisioned: every tenant becomes ACTIVE, every effect happens once.

SHORT=1 makes fewer tenants; SEED=n repeats the random choices of an earlier run."""

import os
import queue
import random
import signal
import threading
import time

import pytest
from harness import shop, wait
from harness.server import Server, WORKING
from harness.stack import Stack

SHORT = os.environ.get("SHORT") not in (None, "", "0")
TENANTS = 100 if SHORT else 1000
EVENTS = 12 if SHORT else 60
THREADS = 8
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))

# Every move of a step to DONE, which is what a downstream service's effect is committed with.
COUNT_EFFECTS = """
create table public.effects (tenant_id bigint, service text);
grant insert on public.effects to public;
create function public.count_effect() returns trigger language plpgsql as $$
begin
  if old.state <> 'DONE' and new.state = 'DONE' then insert into public.effects values (new.tenant_id, new.service); end if;
  return null;
end $$;
create trigger count_effects after update on tenant.provisioning_steps
  for each row execute function public.count_effect()
"""


@pytest.fixture
def stack():
    stack = Stack.start(fast=True)
    yield stack
    stack.stop()


class Chaos:
    """What can happen to Redis, and to the server."""

    def __init__(self, stack: Stack, server: Server, rng: random.Random):
        self._stack = stack
        self._server = server
        self._rng = rng
        self.done: dict[str, int] = {}
        self._events = [
            self.flush,
            self.kill_redis,
            self.kill_clients,
            self.hang_redis,
            self.fill_memory,
            self.kill_server,
        ]

    def one(self):
        event = self._rng.choice(self._events)
        event()
        self.done[event.__name__] = self.done.get(event.__name__, 0) + 1

    def _redis(self, *words: str) -> str:
        return self._stack.tool("redis", *words, check=False)

    def flush(self):
        self._redis("flushall")

    def kill_redis(self):
        pid = int(self._redis("info", "server").split("process_id:")[1].split()[0])
        os.kill(pid, signal.SIGKILL)
        wait.until(lambda: "PONG" not in self._redis("ping"), "Redis is gone", 10)
        self._stack.tool("up")

    def kill_clients(self):
        for _ in range(10):
            self._redis("client", "kill", "type", "normal")
            self._redis("client", "kill", "type", "pubsub")

    def hang_redis(self):
        self._redis("debug", "sleep", str(self._rng.uniform(0.5, 4)))

    def fill_memory(self):
        self._redis("config", "set", "maxmemory", "1")
        end = time.perf_counter() + self._rng.uniform(0.2, 1)
        while time.perf_counter() < end:
            self._redis("ping")
        self._redis("config", "set", "maxmemory", "0")

    def kill_server(self):
        self._server.kill()
        self._server.start()


def onboard(server: Server, orders: queue.Queue, made: list[int]):
    """Creates a tenant for each order, under an idempotency key until it is answered. None ends it."""
    while orders.get() is not None:
        draft, key = shop.draft(), shop.unique("fault")

        def attempt():
            try:
                answer = server.rest().post("/v1/tenants", draft, idempotency_key=key)  # noqa: B023
            except OSError:
                return None
            return answer.json if answer.status == 200 else None

        answer = wait.until(attempt, f"an answer for {draft['name']}", 60, 0.05)
        made.append(int(answer["tenant"]["tenantId"]))


def test_EveryTenantBecomesActiveAndEveryEffectHappensOnce(stack):
    print(f"\nfault: SEED={SEED}")
    rng = random.Random(SEED)
    server = Server(stack, **WORKING).start()
    try:
        stack.psql(COUNT_EFFECTS, database=server.database)
        orders, made = queue.Queue(), []
        threads = [
            threading.Thread(target=onboard, args=(server, orders, made), daemon=True) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        chaos = Chaos(stack, server, rng)
        # Each event falls upon tenants that are being created and provisioned.
        for number in range(EVENTS):
            for _ in range(TENANTS * number // EVENTS, TENANTS * (number + 1) // EVENTS):
                orders.put("another")
            chaos.one()
        for _ in threads:
            orders.put(None)
        for thread in threads:
            thread.join(300)
            assert not thread.is_alive(), "a tenant was never created"
        assert len(made) == TENANTS

        def waiting():
            return server.rows(
                "select tenant_id, state from tenant.tenants where state <> 'ACTIVE' "
                f"and tenant_id = any ('{{{','.join(map(str, made))}}}')"
            )

        begun = time.perf_counter()
        wait.until(lambda: not waiting(), "every tenant is ACTIVE", 240, 0.5)
        print(
            f"\nfault: {TENANTS} tenants ACTIVE, the last one {time.perf_counter() - begun:.0f} s after the last event; "
            f"events: {chaos.done}; SEED={SEED}"
        )
        effects = server.rows("select tenant_id, service, count(*) as n from public.effects group by 1, 2")
        assert {row["n"] for row in effects} == {1}
        assert len([row for row in effects if row["tenant_id"] in set(made)]) == 4 * TENANTS
        open_steps = server.rows("select * from tenant.provisioning_steps where state <> 'DONE'")
        assert open_steps == []
        assert server.stop() == 0
    finally:
        server.remove()
