"""One stack and one server for all tests; a test that changes either starts its own."""

import pytest
from harness import shop
from harness.mail import MailServer
from harness.openid import Provider
from harness.server import Server
from harness.stack import Stack


@pytest.fixture(scope="session")
def stack():
    stack = Stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def start(stack):
    """Starts a server as Server(stack, ...) does; it is ended after the module or session that asked for it."""
    servers = []

    def start(database: str = "", args: tuple = (), **settings: str) -> Server:
        servers.append(Server(stack, database, args, **settings))
        return servers[-1].start()

    yield start
    for server in servers:
        server.remove()


@pytest.fixture(scope="session")
def server(start):
    """The server that most tests share. Nobody stops it."""
    return start(HTTP_SERVER_CORS_ALLOWED_ORIGINS="https://shop.example", ACCESS_CONTROL_ADAPTER="database")


@pytest.fixture(scope="session")
def rest(server):
    """REST as the platform administrator."""
    return server.rest()


@pytest.fixture(scope="session")
def grpc(server):
    with server.grpc() as client:
        yield client


@pytest.fixture(scope="module")
def mail():
    """What a server of the module's own may send its mail to: start(**mail.settings)."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def provider():
    """An OpenID Connect provider for such a server."""
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def shop_a(rest):
    """A new tenant: its record, domain, API key and the key's secret."""
    return shop.create(rest)


@pytest.fixture
def shop_b(rest):
    return shop.create(rest)
