"""Calls that no handler sees: no body is read before it is known who sent it, and each refusal leaves its traces."""

import base64
import re
import struct

import pytest
from harness import contracts, shop, wait

CREATE = "TenantService.CreateTenant"
# A name that promises more bytes than there are, and one that is not UTF-8.
BROKEN_PROTO = b"\x0a\x7fx"
NOT_UTF8 = b"\x0a\x02\xc3\x28"


@pytest.fixture(params=["no key", "no key's form", "wrong secret"])
def bad_key(request, server) -> str:
    good = server.seed["platform_key"]
    wrong = good[:-10] + good[-10:].swapcase()
    return {"no key": "", "no key's form": "x", "wrong secret": wrong}[request.param]


def frame(message: bytes) -> bytes:
    return b"\0" + struct.pack("!I", len(message)) + message


# How each protocol sends CreateTenant: path, a body that makes no sense, its content type.
def requests() -> dict:
    path = contracts.methods()[CREATE].path
    return {
        "rest": ("/v1/tenants", b'{"nmae": ', "application/json"),
        "connect": (path, b'{"nmae": ', "application/json"),
        "connect proto": (path, BROKEN_PROTO, "application/proto"),
        "grpc-web": (path, frame(BROKEN_PROTO), "application/grpc-web+proto"),
        "grpc-web unframed": (path, b"x", "application/grpc-web+proto"),
        "grpc-web-text": (path, b"%%%", "application/grpc-web-text"),
    }


PROTOCOLS = ["rest", "connect", "connect proto", "grpc-web", "grpc-web unframed", "grpc-web-text"]


def send(server, protocol: str, key: str, body: bytes = b"", kind: str = "", **headers: str):
    """The answer and its code: a gRPC status number in gRPC-Web, an HTTP status elsewhere."""
    path, broken, content_type = requests()[protocol]
    answer = server.rest(key).send("POST", path, body or broken, Content_Type=kind or content_type, **headers)
    if not protocol.startswith("grpc-web"):
        return answer, answer.status
    assert answer.status == 200
    trailers = base64.b64decode(answer.body) if protocol.endswith("text") else answer.body
    return answer, int(re.search(rb"grpc-status: ?(\d+)", trailers)[1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_MalformedBodyWithoutAGoodKeyIsUnauthenticated(server, protocol, bad_key):
    answer, code = send(server, protocol, bad_key)
    assert code == (16 if protocol.startswith("grpc-web") else 401), answer.body
    assert b"nmae" not in answer.body and b"MALFORMED_REQUEST" not in answer.body


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_MalformedBodyWithAKeyIsInvalid(server, protocol):
    answer, code = send(server, protocol, server.seed["platform_key"])
    assert code == (3 if protocol.startswith("grpc-web") else 400), answer.body


def test_MalformedMessageOverGrpc(server, grpc, bad_key):
    with server.grpc(bad_key) as client:
        assert client.send(CREATE, BROKEN_PROTO).code == "UNAUTHENTICATED"
    refused = grpc.send(CREATE, BROKEN_PROTO)
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "MALFORMED_REQUEST")


def test_LargestBodyWithoutAKeyIsNotRead(server):
    """4 MiB of JSON that is wrong at its end."""
    body = b'{"name": "' + b"x" * ((4 << 20) - 11) + b"!"
    assert len(body) == 4 << 20
    assert server.rest("").send("POST", "/v1/tenants", body, Content_Type="application/json").status == 401
    assert server.rest().send("POST", "/v1/tenants", body, Content_Type="application/json").status == 400


def test_MissingPermissionBeforeFields(server, rest, shop_a):
    """A tenant's key may not create tenants, whatever the body is."""
    answer = server.rest(shop_a.secret).post("/v1/tenants", b'{"nmae": ')
    assert (answer.status, answer.reason) == (403, "PLATFORM_ONLY")


def test_EveryFieldAtFaultIsNamedAtOnce(rest):
    """Missing ones, which the contract says, and wrong ones, which the domain says."""
    answer = rest.post("/v1/tenants", {"countryCode": "XX", "slug": "-"})
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
    assert sorted(answer.fields) == ["country_code", "name", "slug", "timezone"]


def test_SlugErrorsHaveAReasonAndAField(rest, shop_a):
    taken = rest.post("/v1/tenants", shop.draft(slug=shop_a.tenant["slug"]))
    assert (taken.status, taken.reason, taken.fields) == (409, "TENANT_SLUG_TAKEN", ["slug"])
    reserved = rest.post("/v1/tenants", shop.draft(slug="admin"))
    assert (reserved.status, reserved.reason, reserved.fields) == (400, "TENANT_SLUG_RESERVED", ["slug"])


def counted(server, method: str, protocol: str, code: str) -> float:
    text = server.rest("").get("/metrics").body.decode()
    labels = [f'method="{method}"', f'protocol="{protocol}"', f'code="{code}"']
    lines = [
        line
        for line in text.splitlines()
        if line.startswith("rpc_requests_total{") and all(each in line for each in labels)
    ]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def line_of(server, request_id: str) -> dict:
    def lines():
        return [each for each in server.log_lines() if each.get("request_id") == request_id and "duration_us" in each]

    found = wait.until(lines, f"an access-log line of {request_id}")
    assert len(found) == 1
    return found[0]


DEEP = b'{"name": ' + b"[" * 100 + b"]" * 100 + b"}"


@pytest.mark.parametrize(
    "protocol, body, kind, headers, label, status",
    [
        ("rest", b'{"nmae": "x"}', "application/json", {}, "rest", 400),
        ("rest", b'{"name": "\xff"}', "application/json", {}, "rest", 400),
        ("rest", DEEP, "application/json", {}, "rest", 400),
        ("rest", b"name=x", "application/x-www-form-urlencoded", {}, "rest", 415),
        ("rest", b"{}", "application/json", {"X_Request_Timeout": "soon"}, "rest", 400),
        ("connect", b'{"nmae": "x"}', "application/json", {}, "connect", 400),
        ("connect", b"{}", "application/json", {"Connect_Protocol_Version": "9"}, "connect", 400),
        ("connect", b"{}", "application/json", {"Connect_Timeout_Ms": "soon"}, "connect", 400),
        ("connect", b"<name/>", "application/xml", {}, "other", 415),
        ("connect proto", NOT_UTF8, "application/proto", {}, "connect", 400),
        ("grpc-web", frame(NOT_UTF8), "application/grpc-web+proto", {}, "grpc-web", 3),
        ("grpc-web", frame(b"")[:3], "application/grpc-web+proto", {}, "grpc-web", 3),
    ],
)
def test_RefusedCallIsCountedAndLogged(server, protocol, body, kind, headers, label, status):
    request_id = shop.unique("refused")
    before = counted(server, "CreateTenant", label, "INVALID_ARGUMENT")
    answer, code = send(server, protocol, server.seed["platform_key"], body, kind, X_Request_Id=request_id, **headers)
    assert code == status, answer.body
    assert answer.headers["x-request-id"] == request_id
    line = line_of(server, request_id)
    assert (line["method"], line["code"]) == ("/smallbiznis.tenant.v1.TenantService/CreateTenant", "INVALID_ARGUMENT")
    assert line["protocol"] == label and line["reason"] in ("INVALID_FIELD", "MALFORMED_REQUEST")
    assert counted(server, "CreateTenant", label, "INVALID_ARGUMENT") == before + 1


@pytest.mark.parametrize("message", [BROKEN_PROTO, NOT_UTF8])
def test_RefusedGrpcCallIsCountedAndLogged(server, grpc, message):
    request_id = shop.unique("refused")
    before = counted(server, "CreateTenant", "grpc", "INVALID_ARGUMENT")
    answer = grpc.send(CREATE, message, x_request_id=request_id)
    assert answer.code == "INVALID_ARGUMENT"
    assert answer.metadata["x-request-id"] == request_id
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", answer.metadata["traceparent"])
    assert line_of(server, request_id)["code"] == "INVALID_ARGUMENT"
    assert counted(server, "CreateTenant", "grpc", "INVALID_ARGUMENT") == before + 1


def test_RefusedGrpcCallHasARequestIdOfItsOwn(grpc):
    answer = grpc.send(CREATE, NOT_UTF8)
    assert re.fullmatch("[0-9a-f]{32}", answer.metadata["x-request-id"])
