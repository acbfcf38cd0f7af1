"""The gateway as an HTTP server: methods, compression, CORS, keep-alive and pipelining."""

import gzip
import json
import socket

import pytest
from harness import shop
from harness.raw import Wire, request

ORIGIN = "https://shop.example"  # the one that conftest.py allows


def auth(server) -> dict:
    return {"Authorization": f"Bearer {server.seed['platform_key']}"}


def test_HeadIsGetWithoutTheBody(server, rest, shop_a):
    got = rest.get(shop_a.path)
    with Wire(server.http_address) as wire:
        wire.write(request("HEAD", shop_a.path, **auth(server)))
        head = wire.read(to_head=True)
        assert (head.status, head.headers["content-length"]) == (200, str(len(got.body)))
        # Nothing of a body is in the way of the next answer.
        assert wire.ask(request("GET", shop_a.path, **auth(server))).body == got.body


@pytest.mark.parametrize(
    "path, allowed",
    [
        ("/v1/tenants", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/v1/tenants/1", {"GET", "HEAD", "PATCH", "OPTIONS"}),
        ("/v1/tenants/1:suspend", {"POST", "OPTIONS"}),
        ("/healthz", {"GET", "HEAD", "OPTIONS"}),
        ("/smallbiznis.tenant.v1.TenantService/CreateTenant", {"POST", "OPTIONS"}),
    ],
)
def test_OtherMethodIs405WithAllow(rest, path, allowed):
    refused = rest.send("DELETE", path)
    assert refused.status == 405
    assert {name.strip() for name in refused.headers["allow"].split(",")} == allowed
    options = rest.send("OPTIONS", path)
    assert options.status in (200, 204)
    assert {name.strip() for name in options.headers["allow"].split(",")} == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/tenants/",
        "/v1/tenants/1/",
        "/v1//tenants",
        "/V1/tenants",
        "/v1/tenants/1/domains/2/3",
        "/v1/tenants/1:suspend/x",
        "/../v1/tenants",
        "/.env",
        "/smallbiznis.tenant.v1.TenantService/",
    ],
)
def test_UnknownPathIs404(rest, path):
    answer = rest.get(path)
    assert (answer.status, answer.json["code"]) == (404, 5)


def test_UnknownVerb(rest):
    """A colon in the last segment starts a verb, and nobody answers to this one."""
    assert rest.get("/v1/tenants/1:explode").status == 404
    assert rest.post("/v1/tenants/1:explode").status == 404


@pytest.mark.parametrize(
    "path", ["/v1/ten%61nts", "/v1/tenants?", "/v1/tenants?&&", "/v1/tenants?page_size=&page_token="]
)
def test_OtherSpellingsOfAPath(rest, path):
    assert rest.get(path).status in (200, 400 if "page_size=" in path else 200)


def test_GzipOnTheWayOut(rest):
    plain = rest.get("/openapi.json")
    packed = rest.get("/openapi.json", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "accept-encoding" in packed.headers["vary"].lower()
    for refusing in ("identity", "gzip;q=0", "br"):
        assert rest.get("/openapi.json", Accept_Encoding=refusing).headers.get("content-encoding") is None


def test_GzipOnTheWayIn(rest):
    draft = shop.draft()
    packed = gzip.compress(json.dumps(draft).encode())
    answer = rest.post("/v1/tenants", packed, Content_Encoding="gzip")
    assert answer.ok()["tenant"]["slug"] == draft["slug"]
    assert rest.post("/v1/tenants", packed[:-9], Content_Encoding="gzip").status == 400
    assert rest.post("/v1/tenants", b"not gzip", Content_Encoding="gzip").status == 400
    assert rest.post("/v1/tenants", packed, Content_Encoding="br").status == 415


def test_GzipBombIsStopped(rest):
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 100_000
    assert rest.post("/v1/tenants", bomb, Content_Encoding="gzip").status == 413


def test_ManyRequestsOnOneConnection(server, shop_a):
    with Wire(server.http_address) as wire:
        bodies = {wire.ask(request("GET", shop_a.path, **auth(server))).body for _ in range(50)}
    assert len(bodies) == 1


def test_PipelinedRequestsAreAnsweredInOrder(server):
    drafts = [shop.draft() for _ in range(10)]
    sent = [
        request("POST", "/v1/tenants", json.dumps(draft).encode(), Content_Type="application/json", **auth(server))
        for draft in drafts
    ]
    with Wire(server.http_address) as wire:
        wire.write(b"".join(sent))
        answers = [wire.read() for _ in sent]
    assert [answer.ok()["tenant"]["slug"] for answer in answers] == [draft["slug"] for draft in drafts]


def test_RequestInSmallPieces(server):
    draft = shop.draft()
    data = request("POST", "/v1/tenants", json.dumps(draft).encode(), Content_Type="application/json", **auth(server))
    with Wire(server.http_address) as wire:
        for at in range(len(data)):
            wire.write(data[at : at + 1])
        assert wire.read().ok()["tenant"]["slug"] == draft["slug"]


def test_ChunkedRequest(server):
    draft = shop.draft()
    body = json.dumps(draft).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:])) + b"0\r\n\r\n"
    head = request("POST", "/v1/tenants", Content_Type="application/json", Transfer_Encoding="chunked", **auth(server))
    with Wire(server.http_address) as wire:
        assert wire.ask(head + chunks).ok()["tenant"]["slug"] == draft["slug"]


@pytest.mark.parametrize(
    "data, status",
    [
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /v1/tenants HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /v1/tenants HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"POST /v1/tenants HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST /v1/tenants HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n", 417),
    ],
)
def test_BrokenRequestIsRefusedAndTheConnectionClosed(server, data, status):
    with Wire(server.http_address) as wire:
        answer = wire.ask(data)
        assert answer.status == status
        assert answer.headers["connection"] == "close"
        assert wire.is_closed()


def test_HttpOneZeroIsClosedAfterItsAnswer(server):
    with Wire(server.http_address) as wire:
        assert wire.ask(b"GET /healthz HTTP/1.0\r\n\r\n").status == 200
        assert wire.is_closed()


def test_ClientThatHangsUpHarmsNobody(server, rest):
    for _ in range(20):
        with Wire(server.http_address) as wire:
            wire.write(request("GET", "/v1/tenants", **auth(server)))
            wire._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert rest.get("/healthz").status == 200


def test_CorsForTheAllowedOrigin(rest, server, shop_a):
    preflight = server.rest("").send(
        "OPTIONS",
        shop_a.path,
        Origin=ORIGIN,
        Access_Control_Request_Method="PATCH",
        Access_Control_Request_Headers="authorization,content-type,idempotency-key",
    )
    assert preflight.status in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    answer = rest.get(shop_a.path, Origin=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "origin" in answer.headers["vary"].lower()
    assert "x-request-id" in answer.headers["access-control-expose-headers"].lower()
    refused = rest.get("/v1/tenants/1", Origin=ORIGIN)
    assert refused.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin", ["https://shop.example.evil.test", "http://shop.example", "https://evil.test", "null"]
)
def test_CorsForNobodyElse(rest, server, shop_a, origin):
    preflight = server.rest("").send("OPTIONS", shop_a.path, Origin=origin, Access_Control_Request_Method="PATCH")
    assert preflight.headers.get("access-control-allow-origin") is None
    assert rest.get(shop_a.path, Origin=origin).headers.get("access-control-allow-origin") is None
