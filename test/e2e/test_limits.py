"""Every limit at N and at N+1."""

import json

import pytest
from harness import shop, wait
from harness.raw import Wire, request

HEADER, BODY, MESSAGE, CONNECTIONS = 4096, 8192, 8192, 20


@pytest.fixture(scope="module")
def small(start):
    """A server with narrow limits."""
    return start(
        HTTP_SERVER_MAX_HEADER_BYTES=str(HEADER),
        HTTP_SERVER_MAX_BODY_BYTES=str(BODY),
        GRPC_SERVER_MAX_MESSAGE_BYTES=str(MESSAGE),
        HTTP_SERVER_MAX_CONNECTIONS=str(CONNECTIONS),
        HTTP_SERVER_READ_TIMEOUT="300ms",
        HTTP_SERVER_IDLE_TIMEOUT="600ms",
    )


@pytest.mark.parametrize("length, status", [(HEADER, 200), (HEADER + 1, 431), (HEADER * 100, 431)])
def test_Header(small, length, status):
    head = request("GET", "/healthz", X_Fill="")
    with Wire(small.http_address) as wire:
        wire.write(request("GET", "/healthz", X_Fill="x" * (length - len(head))))
        assert wire.read().status == status


def body_of(length: int) -> bytes:
    body = json.dumps(shop.draft()).encode()
    return body + b" " * (length - len(body))


@pytest.mark.parametrize("length, status", [(BODY, 200), (BODY + 1, 413), (BODY * 1000, 413)])
def test_Body(small, length, status):
    answer = None
    with Wire(small.http_address) as wire:
        try:
            wire.write(
                request(
                    "POST",
                    "/v1/tenants",
                    body_of(length),
                    Content_Type="application/json",
                    Authorization=f"Bearer {small.seed['platform_key']}",
                )
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # answered before all of it was sent
        answer = wire.read()
    assert answer.status == status


def test_ChunkedBodyHasTheSameLimit(small):
    head = request("POST", "/v1/tenants", Transfer_Encoding="chunked", Content_Type="application/json")
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    with Wire(small.http_address) as wire:
        wire.write(head + chunk * 3)
        assert wire.read().status == 413


@pytest.mark.parametrize(
    "over, code, counted_as",
    [
        (0, "INVALID_ARGUMENT", ["INVALID_ARGUMENT"]),
        (1, "RESOURCE_EXHAUSTED", ["RESOURCE_EXHAUSTED", "CANCELLED"]),
    ],
)
def test_GrpcMessage(small, over, code, counted_as):
    """A name far too long for a tenant, in a message of just the allowed size."""
    length = MESSAGE - 3 + over
    with small.grpc() as client:
        answer = client.send(
            "TenantService.CreateTenant", b"\x0a" + bytes([length & 0x7F | 0x80, length >> 7]) + b"n" * length
        )
        assert answer.code == code, answer.details
        assert client.send("TenantService.ListTenants").code == "OK"
    # What gRPC refuses itself is counted, too: as cancelled when gRPC says that the call is over before it says that
    # its message cannot be read.
    series = [f'rpc_requests_total{{code="{counted}",method="CreateTenant",protocol="grpc"' for counted in counted_as]

    def is_counted():
        metrics = small.rest("").get("/metrics").body.decode()
        return any(one in metrics for one in series)

    wait.until(is_counted, "the call is counted", 5)


def test_ConnectionsBeyondTheLimitAre503(small):
    wires = []
    try:
        wait.until(lambda: small.rest("").get("/healthz").status == 200, "connections of other tests are gone")
        for _ in range(CONNECTIONS):
            wires.append(Wire(small.http_address))
            wires[-1].write(b"GET /healthz HTT")  # within a request: not idle
        extra = Wire(small.http_address)
        wires.append(extra)
        extra.write(request("GET", "/healthz"))
        assert extra.read().status == 503
    finally:
        for wire in wires:
            wire.__exit__()
    wait.until(lambda: small.rest("").get("/healthz").status == 200, "room again")


def test_SlowRequestIs408(small):
    with Wire(small.http_address) as wire:
        wire.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert wire.read().status == 408
        assert wire.is_closed()


def test_IdleConnectionIsClosed(small):
    with Wire(small.http_address) as wire:
        assert wire.ask(request("GET", "/healthz")).status == 200
        assert wire.is_closed()


def test_SilentConnectionIsClosed(small):
    with Wire(small.http_address) as wire:
        assert wire.is_closed()


def test_ServerSurvivedItsLimits(small):
    assert small.exited() is None
    assert small.rest().get("/v1/tenants").status == 200


@pytest.mark.parametrize("length, status", [(16 * 1024 - 2000, 200), (17 * 1024, 431)])
def test_DefaultHeaderLimit(rest, length, status):
    assert rest.get("/healthz", X_Fill="x" * length).status == status


def test_DefaultBodyLimit(rest):
    assert rest.post("/v1/tenants", body_of(4 << 20)).status == 200
    assert rest.post("/v1/tenants", body_of((4 << 20) + 1)).status == 413
