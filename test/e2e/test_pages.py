"""/healthz /readyz /metrics /openapi.json /docs."""

import re

import pytest
from harness import contracts, shop, wait
from harness.relay import Relay
from openapi_spec_validator import OpenAPIV31SpecValidator


def test_PagesNeedNoKey(server):
    nobody = server.rest("")
    for path, kind in (
        ("/healthz", "application/json"),
        ("/readyz", "application/json"),
        ("/metrics", "text/plain"),
        ("/openapi.json", "application/json"),
        ("/docs", "text/html"),
    ):
        answer = nobody.get(path)
        assert answer.status == 200, path
        assert answer.body and answer.headers["content-type"].startswith(kind), path


def test_ReadyNamesEachDependency(server):
    text = server.rest("").get("/readyz").body.decode()
    assert "postgres" in text and "redis" in text


@pytest.fixture(scope="module")
def fragile(start, stack):
    """A server whose PostgreSQL and Redis can be taken away."""
    relays = {
        "postgres": Relay(int(stack.env["DATABASE_PORT"])),
        "redis": Relay(int(stack.env["REDIS_ADDR"].split(":")[1])),
    }
    server = start(DATABASE_PORT=str(relays["postgres"].port), REDIS_ADDR=f"127.0.0.1:{relays['redis'].port}")
    yield server, relays
    server.remove()
    for relay in relays.values():
        relay.close()


@pytest.mark.parametrize("lost, other", [("redis", "postgres"), ("postgres", "redis")])
def test_LostDependencyIsNamedAndComesBack(fragile, lost, other):
    server, relays = fragile
    nobody = server.rest("")
    assert nobody.get("/readyz").status == 200
    relays[lost].cut()
    answer = wait.until(lambda: (got := nobody.get("/readyz")).status == 503 and got, "not ready")
    states = answer.json
    assert lost in answer.body.decode()
    assert not_ok(states, lost) and not not_ok(states, other), states
    assert nobody.get("/healthz").status == 200
    relays[lost].restore()
    wait.until(lambda: nobody.get("/readyz").status == 200, "ready again")
    # All it takes to serve is PostgreSQL.
    wait.until(lambda: server.rest().post("/v1/tenants", shop.draft()).status == 200, "serves again")


def not_ok(states: dict, name: str) -> bool:
    state = states.get("checks", states)[name]
    return (state.get("status") if isinstance(state, dict) else state) != "ok"


def test_WithoutPostgresCallsAreUnavailableNotInternal(fragile):
    server, relays = fragile
    relays["postgres"].cut()
    try:
        answer = server.rest().get("/v1/tenants")
        assert (answer.status, answer.json["code"]) == (503, 14), answer.body
        for secret in (server.stack.env["DATABASE_PASSWORD"], "127.0.0.1", "smallbiznis_app"):
            assert secret not in answer.body.decode()
    finally:
        relays["postgres"].restore()
    wait.until(lambda: server.rest().get("/v1/tenants").status == 200, "serves again")


def test_WithoutRedisCallsAreServed(fragile):
    server, relays = fragile
    relays["redis"].cut()
    try:
        assert server.rest().post("/v1/tenants", shop.draft()).status == 200
    finally:
        relays["redis"].restore()


@pytest.fixture(scope="module")
def openapi(server) -> dict:
    return server.rest("").get("/openapi.json").json


def test_OpenApiIsValid(openapi):
    assert openapi["openapi"].startswith("3.1")
    errors = [
        f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(openapi).iter_errors()
    ]
    assert errors == []


def test_OpenApiHasEveryRpc(openapi):
    """Path parameters may be named as in the proto or in JSON."""

    def plain(path: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", path)

    described = {(verb.upper(), plain(path)) for path, item in openapi["paths"].items() for verb in item}
    for method in contracts.methods().values():
        assert (method.http_method, plain(method.http_path)) in described, method.name


def test_OpenApiNamesWhatAnOperationNeeds(openapi):
    operations = [
        operation
        for item in openapi["paths"].values()
        for verb, operation in item.items()
        if verb in ("get", "post", "patch", "put", "delete") and operation.get("operationId")
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) >= len(contracts.methods())
    assert openapi["components"]["securitySchemes"]
    assert all(operation["responses"] for operation in operations)


def test_AnswerFitsItsSchema(openapi, rest, shop_a):
    """Every field of a real answer is described, and 64-bit ids are strings."""
    schemas = openapi["components"]["schemas"]
    name = next(
        name for name in schemas if name.endswith("Tenant") and "tenantId" in schemas[name].get("properties", {})
    )
    assert set(rest.get(shop_a.path).ok()) <= set(schemas[name]["properties"])
    assert schemas[name]["properties"]["tenantId"]["type"] == "string"


def test_DocsLoadNothingFromElsewhere(server):
    page = server.rest("").get("/docs").body.decode()
    assert re.findall(r'(?:src|href)\s*=\s*["\'](?:https?:)?//', page) == []
