"""kill -9 of the outbox's relay at random moments: nothing committed is lost, nothing else is published, order is kept.

SHORT=1 kills less often; SEED=n repeats the random choices of an earlier run."""

import os
import random
import threading
import time

import pytest
from harness import wait
from harness.server import Server, WORKING
from harness.stack import Stack

SHORT = os.environ.get("SHORT") not in (None, "", "0")
KILLS = 30 if SHORT else 300
QUEUE = "relay-test"  # nobody works on it, so what is published stays to be looked at
KEYS = 8
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))


@pytest.fixture
def stack():
    stack = Stack.start(fast=True)
    yield stack
    stack.stop()


class Writer(threading.Thread):
    """Writes messages in transactions of which some are rolled back. Every key has its own ids, growing."""

    def __init__(self, server: Server, rng: random.Random):
        super().__init__(daemon=True)
        self._server = server
        self._rng = rng
        self._stopping = threading.Event()
        self.committed: dict[int, int] = {}  # id -> key
        self.rolled_back: set[int] = set()

    def run(self):
        number = 0
        while not self._stopping.is_set():
            messages = []
            for _ in range(self._rng.randrange(1, 40)):
                number += 1
                messages.append((1000 + number, self._rng.randrange(KEYS)))
            keep = self._rng.random() < 0.8
            values = ", ".join(f"(0, {id}, 'test:order', 'key-{key}', '{{}}', '{QUEUE}', now())" for id, key in messages)
            self._server.stack.psql(
                "begin",
                f"insert into outbox.messages (tenant_id, id, topic, key, payload, queue, created_at) values {values}",
                "select pg_notify('outbox_messages', '')",
                "commit" if keep else "rollback",
                database=self._server.database,
            )
            if keep:
                self.committed.update(messages)
            else:
                self.rolled_back.update(id for id, _ in messages)

    def finish(self):
        self._stopping.set()
        self.join(60)


def test_KillOfTheRelay(stack):
    print(f"\nfault: SEED={SEED}")
    rng = random.Random(SEED)
    server = Server(stack, **WORKING).start()
    try:
        writer = Writer(server, random.Random(f"{SEED}-writer"))
        writer.start()
        for _ in range(KILLS):
            end = time.perf_counter() + rng.random() * 0.15
            while time.perf_counter() < end:
                pass
            server.kill()
            server.start()
        writer.finish()

        def due():
            return server.rows("select count(*) as n from outbox.messages where published_at is null")[0]["n"]

        wait.until(lambda: due() == 0, "everything is published", 60, 0.1)
        redis_db = server.setting("REDIS_DB")
        pending = stack.tool("redis", "-n", redis_db, "lrange", f"asynq:{{{QUEUE}}}:pending", "0", "-1").split()
        published = [int(id) for id in reversed(pending)]  # the oldest first
        print(
            f"\nfault: {KILLS} kills, {len(writer.committed)} messages committed, {len(writer.rolled_back)} rolled back, "
            f"{len(published)} published; SEED={SEED}"
        )
        assert sorted(published) == sorted(writer.committed)
        for key in range(KEYS):
            of_key = [id for id in published if writer.committed[id] == key]
            assert of_key == sorted(of_key), f"key-{key}"
        assert server.stop() == 0
    finally:
        server.remove()
