"""The life of a tenant: who may do what in which state, and what every other move is answered."""

import pytest
from harness import shop, wait

MOVES = ("suspend", "resume", "archive")


@pytest.fixture
def put(rest, server):
    """Brings a new tenant into a state, through the API as far as the API can."""

    def put(state: str) -> shop.Shop:
        made = shop.create(rest)
        if state in ("SUSPENDED", "ARCHIVED"):
            rest.post(f"{made.path}:suspend").ok()
        if state == "ARCHIVED":
            rest.post(f"{made.path}:archive").ok()
        if state == "ACTIVE":
            # Provisioning ends it there; nothing provisions yet.
            server.stack.psql(
                f"update tenant.tenants set state = 'ACTIVE' where tenant_id = {made.id}", database=server.database
            )
        assert rest.get(made.path).ok()["state"] == state
        return made

    return put


@pytest.mark.parametrize(
    "state, move, result",
    [
        ("PROVISIONING", "suspend", "SUSPENDED"),
        ("ACTIVE", "suspend", "SUSPENDED"),
        ("SUSPENDED", "resume", "PROVISIONING"),
        ("SUSPENDED", "archive", "ARCHIVED"),
    ],
)
def test_Move(rest, put, state, move, result):
    made = put(state)
    after = rest.post(f"{made.path}:{move}").ok()
    assert after["state"] == result
    assert after["etag"] != made.tenant["etag"]
    assert rest.get(made.path).ok() == after


def test_ResumeGoesBackToWhereItWas(rest, put):
    made = put("ACTIVE")
    rest.post(f"{made.path}:suspend").ok()
    assert rest.post(f"{made.path}:resume").ok()["state"] == "ACTIVE"


@pytest.mark.parametrize(
    "state, move, wanted",
    [
        ("PROVISIONING", "archive", "ARCHIVED"),
        ("ACTIVE", "archive", "ARCHIVED"),
        ("ACTIVE", "resume", ""),
        ("PROVISIONING", "resume", ""),
        ("SUSPENDED", "suspend", "SUSPENDED"),
        ("ARCHIVED", "suspend", "SUSPENDED"),
        ("ARCHIVED", "resume", ""),
        ("ARCHIVED", "archive", "ARCHIVED"),
    ],
)
def test_OtherMoveNamesBothStates(rest, grpc, put, state, move, wanted):
    made = put(state)
    before = rest.get(made.path).ok()
    over_rest = rest.post(f"{made.path}:{move}")
    assert (over_rest.status, over_rest.json["code"]) == (400, 9), over_rest.body
    over_grpc = grpc.send(f"TenantService.{move.capitalize()}Tenant", {"tenantId": made.id})
    assert over_grpc.code == "FAILED_PRECONDITION"
    assert over_rest.reason == over_grpc.reason != ""
    # Resume goes to the state before the suspension: ACTIVE when there was none.
    for message in (over_rest.json["message"], over_grpc.details):
        assert state in message and (wanted or "ACTIVE") in message, message
    assert rest.get(made.path).ok() == before


def test_SuspendedTenantReadsButDoesNotChange(server, rest, put):
    made = put("SUSPENDED")
    own = server.rest(made.secret)
    assert own.get(made.path).ok()["state"] == "SUSPENDED"
    assert own.get(f"{made.path}/domains").status == 200
    assert own.get(f"{made.path}/apiKeys").status == 200
    for answer in (
        own.patch(made.path, {"name": "X"}),
        own.post(f"{made.path}/apiKeys", {"displayName": "till", "scopes": ["tenant:read"]}),
        own.post(f"{made.path}/apiKeys/{made.api_key['apiKeyId']}:revoke"),
    ):
        assert (answer.status, answer.json["code"], answer.reason) == (400, 9, "TENANT_SUSPENDED"), answer.body
    with server.grpc(made.secret) as client:
        over_grpc = client.send(
            "TenantService.UpdateTenant", {"tenant": {"tenantId": made.id, "name": "X"}, "updateMask": "name"}
        )
        assert (over_grpc.code, over_grpc.reason) == ("FAILED_PRECONDITION", "TENANT_SUSPENDED")
    rest.post(f"{made.path}:resume").ok()
    assert own.patch(made.path, {"name": "Back"}).ok()["name"] == "Back"


def test_PlatformStillChangesASuspendedTenant(rest, put):
    made = put("SUSPENDED")
    assert rest.patch(made.path, {"name": "Corrected"}).ok()["state"] == "SUSPENDED"


def test_KeysOfAnArchivedTenantStop(server, rest, shop_a):
    own = server.rest(shop_a.secret)
    assert own.get(shop_a.path).status == 200  # and is in the cache from here on
    rest.post(f"{shop_a.path}:suspend").ok()
    rest.post(f"{shop_a.path}:archive").ok()
    wait.until(lambda: own.get(shop_a.path).status == 401, "the key stops", 1)
    assert own.patch(shop_a.path, {"name": "X"}).status == 401
    assert rest.get(shop_a.path).ok()["state"] == "ARCHIVED"


def test_ArchivedTenantGetsNoNewKey(rest, put):
    made = put("ARCHIVED")
    answer = rest.post(f"{made.path}/apiKeys", {"displayName": "till", "scopes": ["*"]})
    assert (answer.status, answer.reason) == (400, "TENANT_ARCHIVED")


@pytest.mark.parametrize("length, status", [(0, 200), (500, 200), (501, 400)])
def test_ReasonIsBounded(rest, shop_a, length, status):
    answer = rest.post(f"{shop_a.path}:suspend", {"reason": "é" * length})
    assert answer.status == status
    if status == 400:
        assert answer.fields == ["reason"]


@pytest.mark.parametrize("move", MOVES)
def test_TenantCannotMoveItself(server, shop_a, move):
    assert server.rest(shop_a.secret).post(f"{shop_a.path}:{move}").status == 403


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(
    "id, status", [("1", 404), ("0", 400), ("-1", 400), ("abc", 400), ("9223372036854775808", 400)]
)
def test_MoveOfAMissingTenant(rest, move, id, status):
    answer = rest.post(f"/v1/tenants/{id}:{move}")
    assert answer.status == status
    assert status == 404 or answer.fields == ["tenant_id"]
