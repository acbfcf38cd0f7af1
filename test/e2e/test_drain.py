"""SIGTERM under load: what was accepted is answered, nothing is lost, the exit code is 0 within 10 seconds."""

import contextlib
import http.client
import re
import signal
import threading
import time

import pytest
from harness import shop, wait
from harness.raw import Wire, request

CLIENTS = 8
BEFORE = 40  # tenants made before the signal


class Load:
    """Clients that create tenants until the server is gone."""

    def __init__(self, create):
        self.answered: set[str] = set()
        self.refused: list[str] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(create,)) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, create):
        while True:
            draft = shop.draft()
            outcome = create(draft)
            with self._lock:
                if outcome == "ok":
                    self.answered.add(draft["slug"])
                elif outcome != "gone":
                    self.refused.append(outcome)
            if outcome == "gone":
                return

    def join(self):
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()


def over_rest(server):
    rest = server.rest()

    def create(draft: dict) -> str:
        try:
            answer = rest.post("/v1/tenants", draft)
        except (OSError, http.client.HTTPException):
            return "gone"  # never accepted; the database says whether that is true
        return "ok" if answer.status == 200 else f"{answer.status} {answer.body!r}"

    return create


def over_grpc(server):
    client = server.grpc()

    def create(draft: dict) -> str:
        answer = client.send("TenantService.CreateTenant", draft)
        return {"OK": "ok", "UNAVAILABLE": "gone"}.get(answer.code, f"{answer.code} {answer.details}")

    return create


@pytest.mark.parametrize("protocol", [over_rest, over_grpc])
def test_NothingIsLost(start, protocol):
    server = start()
    load = Load(protocol(server))
    wait.until(lambda: len(load.answered) >= BEFORE, "load", 30)
    began = time.monotonic()
    server.terminate()
    assert server.wait(10) == 0, server.log()[-2000:]
    assert time.monotonic() - began < 10
    load.join()
    assert load.refused == []
    made = {row["slug"] for row in server.rows("select slug from tenant.tenants")} - {
        server.seed["demo_tenant"]["slug"]
    }
    assert made == load.answered


def test_RequestInFlightIsAnsweredAndTheConnectionClosed(start):
    """Half a request is there when the signal comes; the other half comes after it."""
    server = start()
    body = b'{"pageSize": 1}'
    whole = request(
        "POST",
        "/smallbiznis.tenant.v1.TenantService/ListTenants",
        body,
        Content_Type="application/json",
        Authorization=f"Bearer {server.seed['platform_key']}",
    )
    with Wire(server.http_address) as wire, Wire(server.http_address) as idle:
        assert idle.ask(request("GET", "/healthz")).status == 200
        wire.write(whole[:-5])
        # Once this has been answered, the half request was read before it.
        assert server.rest("").get("/healthz").status == 200
        server.terminate()
        assert idle.is_closed()
        with pytest.raises(AssertionError):
            wait.until(lambda: server.exited() is not None, "ends without the other half", 0.5)
        wire.write(whole[-5:])
        answer = wire.read()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert wire.is_closed()
    assert server.wait(10) == 0


def test_SecondSignalAndIdleServerEndAtOnce(start):
    server = start()
    began = time.monotonic()
    server.terminate()
    server.terminate()
    assert server.wait(10) in (0, 128 + signal.SIGTERM)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_HandlerThatDoesNotReturnDoesNotHoldTheServer(start, protocol):
    """It waits for a lock for as long as its caller would, which is longer than the program may take to end."""
    server = start()
    with server.stack.locked("tenant.tenants", server.database):
        call = server.rest().get if protocol == "rest" else server.grpc().send
        argument = "/v1/tenants" if protocol == "rest" else "TenantService.ListTenants"

        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException):
                call(argument)

        client = threading.Thread(target=ask)
        client.start()
        running = re.compile(r'^rpc_in_flight\{method="ListTenants".*\} 1$', re.M)
        wait.until(lambda: running.search(server.rest("").get("/metrics").body.decode()), "the call runs")
        began = time.monotonic()
        server.terminate()
        assert server.wait(11) == 1
        assert time.monotonic() - began < 10.5
        client.join(10)
    assert "servers" in server.log().splitlines()[-1]


def test_StuckClientDoesNotHoldTheServer(start):
    server = start()
    with Wire(server.http_address) as wire:
        wire.write(b"POST /v1/tenants HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        assert server.rest("").get("/healthz").status == 200
        began = time.monotonic()
        server.terminate()
        assert server.wait(11) == 0
        assert time.monotonic() - began < 10.5
