"""One server whose log has every span; nothing works on its queues."""

import pytest
import world
from harness import people
from harness.mail import MailServer
from harness.server import WORKING, Server
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
def addresses(server):
    """Of people who have accounts. Another server mails them, and is gone before there are tenants to work for."""
    mail = MailServer()
    mailer = Server(server.stack, server.database, **WORKING, **mail.settings)
    try:
        mailer.start()
        return [people.sign_up(mailer, mail) for _ in world.USERS]
    finally:
        mailer.remove()
        mail.stop()


@pytest.fixture(scope="session")
def mine(server, addresses):
    return world.make(server)


@pytest.fixture(scope="session")
def theirs(server, addresses):
    return world.make(server, more_entries=4)


@pytest.fixture(scope="session")
def callers(server, mine, addresses):
    callers = {**world.callers(server, mine), **world.users(server, mine, addresses)}
    yield callers
    for caller in callers.values():
        caller.__exit__()
