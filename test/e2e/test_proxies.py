"""Whose word about a caller's address counts, over both servers."""

import uuid

import pytest


def peer_of(server, call) -> str:
    """The peer in the access line of what `call(request_id)` did."""
    request_id = uuid.uuid4().hex
    call(request_id)
    (line,) = [each for each in server.log_lines() if each.get("request_id") == request_id and "peer" in each]
    return line["peer"]


@pytest.fixture(scope="module")
def behind(start, server):
    return start(database=server.database, TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8")


def test_TrustedProxySaysWhoCalls(behind, server):
    key = server.seed["platform_key"]
    headers = {"x_forwarded_for": "1.1.1.1, 203.0.113.7, 10.1.2.3"}
    rest = behind.rest(key)
    assert peer_of(behind, lambda each: rest.get("/v1/tenants", x_request_id=each, **headers)) == "203.0.113.7:0"
    with behind.grpc(key) as client:
        peer = peer_of(behind, lambda each: client.send("TenantService.ListTenants", {}, x_request_id=each, **headers))
        assert peer == "203.0.113.7:0"
    forwarded = {"forwarded": 'for=1.1.1.1, for="[2001:db8::7]:80"'}
    assert peer_of(behind, lambda each: rest.get("/v1/tenants", x_request_id=each, **forwarded)) == "[2001:db8::7]:80"


def test_NobodyElseIsBelieved(server, rest):
    headers = {"x_forwarded_for": "203.0.113.7", "forwarded": "for=203.0.113.7", "x_real_ip": "203.0.113.7"}
    peer = peer_of(server, lambda each: rest.get("/v1/tenants", x_request_id=each, **headers))
    assert peer.startswith("127.0.0.1:") and not peer.endswith(":0")


def test_SpoofedAddressesDoNotWidenTheLimitOfSignIns(start):
    """Many guesses of one caller who says each time that it is another."""
    rest = start().rest("")
    for i in range(200):
        body = {"email": f"nobody{i}@example.com", "password": "wrong password " + str(i)}
        answer = rest.post("/v1/users:login", body, x_forwarded_for=f"203.0.113.{i}")
        if answer.status == 429:
            return
    pytest.fail("was never limited")
