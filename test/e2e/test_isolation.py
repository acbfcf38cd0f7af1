"""Tenant A's key neither reads, changes nor infers anything of tenant B, in any RPC, over any protocol."""

import re
import urllib.parse

import pytest
from google.protobuf import json_format
from harness import contracts, shop

MALFORMED = ["abc", "0", "-1", "1e3", "01", " 1", "9223372036854775808", "1;select 1", "%00", "../1"]
UNLIKE = {"date", "traceparent"}  # headers that differ between any two answers
METHODS = sorted(contracts.methods())


def ids_of(made: shop.Shop) -> dict:
    return {
        "tenant_id": made.id,
        "domain_id": made.domain["domainId"],
        "api_key_id": made.api_key["apiKeyId"],
        "message_id": made.id,  # no tenant is told ids of messages: any will do
    }


def missing_ids(ids: dict) -> dict:
    """Well-formed ids of the same length that nobody has."""
    return {name: str(int(value) - 1) for name, value in ids.items()}


def build(method: contracts.Method, ids: dict):
    """A request that would succeed on one's own ids."""
    request = method.request()
    for name, value in ids.items():
        if name in request.DESCRIPTOR.fields_by_name:
            setattr(request, name, value)
    if method.name == "TenantService.UpdateTenant":
        json_format.ParseDict(
            {"tenant": {"tenantId": ids["tenant_id"], "name": "Taken over"}, "updateMask": "name"}, request
        )
    if method.name.startswith("AccessService."):
        fields = {"role": "cashier", "permission": "tenant:read", "description": "At the till"}
        for name in fields.keys() & set(request.DESCRIPTOR.fields_by_name):
            setattr(request, name, fields[name])
        if "permissions" in request.DESCRIPTOR.fields_by_name:
            request.permissions.append("tenant:read")
    if method.name == "ApiKeyService.CreateApiKey":
        request.scopes.append("tenant:read")
    if method.name == "TenantService.CreateTenant":
        json_format.ParseDict(shop.draft(slug="same-for-all"), request)
    return request


def over_connect(server, key: str, method: contracts.Method, request) -> bytes:
    body = json_format.MessageToJson(request).encode()
    answer = server.rest(key).post(method.path, body, x_request_id="fixed")
    return answer.status, b"\n".join([*headers(answer), answer.body])


def over_rest(server, key: str, method: contracts.Method, request) -> bytes:
    path = re.sub(r"\{([a-z_.]+)\}", lambda match: field(request, match[1]), method.http_path)
    body = None
    if method.http_body:
        bound = request if method.http_body == "*" else getattr(request, method.http_body)
        json = json_format.MessageToDict(bound)
        for name in re.findall(r"\{([a-z_.]+)\}", method.http_path):
            json.pop(re.sub("_([a-z])", lambda match: match[1].upper(), name.split(".")[-1]), None)
        json.pop("updateMask", None)
        body = json
    else:
        path += query(request, method)
    answer = server.rest(key).send(method.http_method, path, body, x_request_id="fixed")
    return answer.status, b"\n".join([*headers(answer), answer.body])


def query(request, method: contracts.Method) -> str:
    """What neither path nor body says, as a query string."""
    bound = set(re.findall(r"\{([a-z_.]+)\}", method.http_path))
    rest = [(of.name, value) for of, value in request.ListFields() if of.name not in bound and of.message_type is None]
    return "?" + urllib.parse.urlencode(rest, doseq=True) if rest else ""


def field(message, path: str) -> str:
    for name in path.split("."):
        message = getattr(message, name)
    return message


def headers(answer) -> list[bytes]:
    return [f"{name}: {value}".encode() for name, value in answer.headers.items() if name.lower() not in UNLIKE]


def over_grpc(server, key: str, method: contracts.Method, request) -> bytes:
    with server.grpc(key) as client:
        answer = client.send(method.name, request, x_request_id="fixed")
    kept = sorted((name, value) for name, value in answer.metadata.items() if name not in UNLIKE)
    return answer.code, f"{answer.code} {answer.details} {kept}".encode()


PROTOCOLS = {"REST": over_rest, "Connect": over_connect, "gRPC": over_grpc}
REFUSALS = {404, 403, "NOT_FOUND", "PERMISSION_DENIED"}


def everything_of(server, made: shop.Shop) -> str:
    return server.dump(server.tenant_tables(), f"tenant_id = {made.id}")


@pytest.fixture(scope="module")
def two(server):
    return shop.create(server.rest()), shop.create(server.rest())


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", METHODS)
def test_ForeignAndMissingAreTheSameBytes(server, two, name, protocol):
    mine, theirs = two
    method, send = contracts.methods()[name], PROTOCOLS[protocol]
    own, foreign, missing = ids_of(mine), ids_of(theirs), missing_ids(ids_of(theirs))
    before = everything_of(server, theirs)
    foreign_status, foreign_bytes = send(server, mine.secret, method, build(method, foreign))
    missing_status, missing_bytes = send(server, mine.secret, method, build(method, missing))
    if method.name != "TenantService.ListTenants":
        assert foreign_status in REFUSALS, foreign_bytes
    assert (foreign_status, foreign_bytes) == (missing_status, missing_bytes)
    for part in ("domain_id", "api_key_id"):
        if part in method.request.DESCRIPTOR.fields_by_name:
            _, foreign_bytes = send(server, mine.secret, method, build(method, {**own, part: foreign[part]}))
            status, missing_bytes = send(server, mine.secret, method, build(method, {**own, part: missing[part]}))
            assert status in REFUSALS and foreign_bytes == missing_bytes
    assert everything_of(server, theirs) == before


@pytest.mark.parametrize("name", METHODS)
def test_MalformedIdsTellNothing(server, two, name):
    mine, theirs = two
    method = contracts.methods()[name]
    for bad in MALFORMED:
        for ids in (
            {part: bad for part in ids_of(mine)},
            {**ids_of(mine), "tenant_id": bad},
            {**ids_of(theirs), "domain_id": bad, "api_key_id": bad},
        ):
            status, answer = over_grpc(server, mine.secret, method, build(method, ids))
            expected = {"INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED"}
            # Ids that a request does not have cannot be wrong in it.
            own_only = all(
                part not in method.request.DESCRIPTOR.fields_by_name or ids[part] == ids_of(mine)[part] for part in ids
            )
            if own_only and method.name != "TenantService.UpdateTenant":
                expected.add("OK")
            assert status in expected, (bad, answer)
            assert theirs.tenant["name"].encode() not in answer
            assert theirs.secret.encode() not in answer


@pytest.mark.parametrize("name", METHODS)
def test_NobodyIsAnsweredTheSameForEveryId(server, two, name):
    method = contracts.methods()[name]
    answers = {
        over_connect(server, "", method, build(method, ids))
        for ids in (ids_of(two[0]), missing_ids(ids_of(two[0])), {part: "abc" for part in ids_of(two[0])})
    }
    assert [status for status, _ in answers] == [401]


def test_ListsHoldOnlyOnesOwn(server, two):
    mine, theirs = two
    rest = server.rest(mine.secret)
    for kind, id_name in (("domains", "domainId"), ("apiKeys", "apiKeyId")):
        rows = rest.get(f"{mine.path}/{kind}").ok()[kind]
        assert [row["tenantId"] for row in rows] == [mine.id]
        assert theirs.domain["domainId"] not in {row[id_name] for row in rows}
    assert rest.get("/v1/tenants").status == 403


def test_ForeignPageTokenIsRefused(server, two):
    mine, theirs = two
    server.rest(theirs.secret).post(f"{theirs.path}/apiKeys", {"displayName": "2", "scopes": ["*"]}).ok()
    token = server.rest(theirs.secret).get(f"{theirs.path}/apiKeys?page_size=1").ok()["nextPageToken"]
    assert token
    answer = server.rest(mine.secret).get(f"{mine.path}/apiKeys?page_size=1&page_token={token}")
    assert (answer.status, answer.fields) == (400, ["page_token"])


@pytest.mark.parametrize(
    "scopes, path, status",
    [
        (["tenant:read"], "", 200),
        (["tenant:*"], "", 200),
        (["*"], "", 200),
        (["domain:read"], "", 403),
        (["tenant:read"], "/domains", 403),
        (["domain:*"], "/domains", 200),
    ],
)
def test_KeyDoesNoMoreThanItsScopes(server, two, scopes, path, status):
    own = server.rest(two[0].secret)
    key = own.post(f"{two[0].path}/apiKeys", {"displayName": "narrow", "scopes": scopes}).ok()["secret"]
    assert server.rest(key).get(two[0].path + path).status == status


def test_KeyGivesNoMoreThanItHas(server, two):
    own = server.rest(two[0].secret)
    issuing = ["api_key:create", "tenant:read"]
    key = server.rest(own.post(f"{two[0].path}/apiKeys", {"displayName": "hr", "scopes": issuing}).ok()["secret"])
    for scopes, status in ((["tenant:read"], 200), (["tenant:update"], 403), (["tenant:*"], 403), (["*"], 403)):
        assert key.post(f"{two[0].path}/apiKeys", {"displayName": "x", "scopes": scopes}).status == status
