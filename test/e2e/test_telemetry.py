"""What a call leaves behind for those who run the program: request id, trace, access log, metrics."""

import json
import re

import pytest
from harness import shop, wait

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def access_lines(server, request_id: str) -> list[dict]:
    return [line for line in server.log_lines() if line.get("request_id") == request_id and "duration_us" in line]


def access_line(server, request_id: str) -> dict:
    lines = wait.until(lambda: access_lines(server, request_id), f"an access-log line of {request_id}")
    assert len(lines) == 1
    return lines[0]


def test_RequestIdIsEchoed(rest, grpc, shop_a):
    assert rest.get(shop_a.path, X_Request_Id="till-7.A_1").headers["x-request-id"] == "till-7.A_1"
    assert rest.get("/v1/tenants/1", X_Request_Id="till-8").headers["x-request-id"] == "till-8"
    answer = grpc.send("TenantService.GetTenant", {"tenantId": shop_a.id}, x_request_id="till-9")
    assert answer.metadata["x-request-id"] == "till-9"


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "é", "a;b", "<script>"])
def test_BadRequestIdIsReplaced(rest, shop_a, bad):
    made = rest.get(shop_a.path, X_Request_Id=bad).headers["x-request-id"]
    assert made != bad and re.fullmatch(r"[A-Za-z0-9._-]{8,64}", made)


def test_EveryAnswerHasItsOwnRequestId(rest, shop_a):
    assert len({rest.get(shop_a.path).headers["x-request-id"] for _ in range(5)}) == 5


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_TraceIsContinued(rest, grpc, server, shop_a, protocol):
    request_id, sent = shop.unique("trace"), f"00-{TRACE}-{PARENT}-01"
    if protocol == "rest":
        returned = rest.get(shop_a.path, traceparent=sent, X_Request_Id=request_id).headers["traceparent"]
    else:
        metadata = grpc.send(
            "TenantService.GetTenant", {"tenantId": shop_a.id}, traceparent=sent, x_request_id=request_id
        ).metadata
        returned = metadata["traceparent"]
    version, trace, span, flags = returned.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != PARENT and re.fullmatch("[0-9a-f]{16}", span)
    assert access_line(server, request_id)["trace_id"] == TRACE


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "x",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-x",
    ],
)
def test_BadTraceIsStartedAfresh(rest, shop_a, bad):
    _, trace, _, _ = rest.get(shop_a.path, traceparent=bad).headers["traceparent"].split("-")
    assert trace != TRACE and re.fullmatch("[0-9a-f]{32}", trace)


def test_AccessLogSaysWhoDidWhat(rest, server, shop_a):
    own = server.rest(shop_a.secret)
    request_id = shop.unique("log")
    own.get(shop_a.path, X_Request_Id=request_id)
    line = access_line(server, request_id)
    assert line["method"] == "/smallbiznis.tenant.v1.TenantService/GetTenant"
    assert line["code"] == "OK"
    assert line["tenant_id"] == shop_a.id
    assert line["principal"] == f"api_key:{shop_a.api_key['apiKeyId']}"
    assert line["protocol"] == "rest"
    assert 0 <= line["duration_us"] < 10_000_000


def test_AccessLogOfARefusal(server, shop_a):
    request_id = shop.unique("log")
    server.rest("").get(shop_a.path, X_Request_Id=request_id)
    assert access_line(server, request_id)["code"] == "UNAUTHENTICATED"


def is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_EveryLogLineIsOneJsonObject(rest, server):
    rest.post("/v1/tenants", shop.draft(name='line\nbreak "quoted" \u2028'))
    lines = [line for line in server.log().split("\n") if line.strip()]
    assert lines and [line for line in lines if not is_json_object(line)] == []


def metric(rest, name: str, **labels: str) -> float:
    total = 0.0
    for line in rest.get("/metrics").body.decode().splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and all(f'{label}="{value}"' in (found[1] or "") for label, value in labels.items()):
            total += float(found[2])
    return total


def test_MetricsCountCalls(rest, shop_a):
    def calls(code: str) -> float:
        return metric(rest, "rpc_requests_total", method="GetTenant", code=code, protocol="rest")

    good, bad = calls("OK"), calls("NOT_FOUND")
    for _ in range(3):
        rest.get(shop_a.path).ok()
    rest.get("/v1/tenants/1")
    wait.until(lambda: (calls("OK"), calls("NOT_FOUND")) == (good + 3, bad + 1), "the counters move")
    assert metric(rest, "rpc_request_duration_seconds_count", method="GetTenant", protocol="rest") >= 4
    assert metric(rest, "rpc_in_flight", method="GetTenant") == 0


def test_MetricsHaveTypesAndNoTenants(rest, shop_a):
    rest.get(shop_a.path).ok()
    text = rest.get("/metrics").body.decode()
    assert "# TYPE rpc_requests_total counter" in text
    # A label for each tenant would grow without bound.
    assert shop_a.id not in text and shop_a.tenant["slug"] not in text
    assert "db_pool_" in text
