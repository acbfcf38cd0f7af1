"""One server whose log has every span; nothing works on its queues."""

import pytest
import world
from harness.server import Server
from harness.stack import Stack


@pytest.fixture(scope="session")
def server():
    stack = Stack.start()
    server = Server(stack, LOG_LEVEL="debug", ACCESS_CONTROL_ADAPTER="database")
    try:
        yield server.start()
    finally:
        server.remove()
        stack.stop()


@pytest.fixture(scope="session")
def mine(server):
    return world.make(server)


@pytest.fixture(scope="session")
def theirs(server):
    return world.make(server, more_entries=4)


@pytest.fixture(scope="session")
def callers(server, mine):
    callers = world.callers(server, mine)
    yield callers
    for caller in callers.values():
        caller.__exit__()
