"""A revoked key is refused everywhere within a second, also by a second process on the same database."""

import datetime

import pytest
from harness import wait
from harness.relay import Relay


@pytest.fixture(scope="module")
def second(start, server):
    return start(database=server.database)


def test_SeedIsMadeOnce(second):
    assert second.seed == {}


def test_RevokedKeyIsRefusedByTheOtherProcessWithinASecond(server, second, rest, shop_a):
    own, elsewhere = server.rest(shop_a.secret), second.rest(shop_a.secret)
    with second.grpc(shop_a.secret) as client:
        # Both know the key by heart now.
        assert own.get(shop_a.path).status == elsewhere.get(shop_a.path).status == 200
        assert client.send("TenantService.GetTenant", {"tenantId": shop_a.id}).code == "OK"
        rest.post(f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}:revoke").ok()
        wait.until(lambda: elsewhere.get(shop_a.path).status == 401, "refused elsewhere", 1)
        wait.until(lambda: own.get(shop_a.path).status == 401, "refused here", 1)
        answer = client.send("TenantService.GetTenant", {"tenantId": shop_a.id})
        assert (answer.code, answer.reason) == ("UNAUTHENTICATED", "API_KEY_REVOKED")


def test_OtherKeysOfTheTenantGoOn(server, rest, shop_a):
    other = rest.post(f"{shop_a.path}/apiKeys", {"displayName": "2", "scopes": ["*"]}).ok()
    assert server.rest(other["secret"]).get(shop_a.path).status == 200
    rest.post(f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}:revoke").ok()
    assert server.rest(other["secret"]).get(shop_a.path).status == 200


def test_RevokingTwiceIsTheSameAsOnce(rest, shop_a):
    path = f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}:revoke"
    assert rest.post(path).ok() == rest.post(path).ok()
    assert rest.get(f"{shop_a.path}/apiKeys").ok()["apiKeys"] == []
    listed = rest.get(f"{shop_a.path}/apiKeys?include_revoked=true").ok()["apiKeys"]
    assert [key["apiKeyId"] for key in listed] == [shop_a.api_key["apiKeyId"]] and listed[0]["revokeTime"]


def test_KeyMayEndItself(server, shop_a):
    own = server.rest(shop_a.secret)
    own.post(f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}:revoke").ok()
    wait.until(lambda: own.get(shop_a.path).status == 401, "refused", 1)


def test_KeyExpires(server, rest, shop_a):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    made = rest.post(
        f"{shop_a.path}/apiKeys", {"displayName": "short", "scopes": ["*"], "expireTime": end.isoformat()}
    ).ok()
    key = server.rest(made["secret"])
    assert key.get(shop_a.path).status == 200
    refused = wait.until(lambda: (answer := key.get(shop_a.path)).status == 401 and answer, "expired", 3)
    assert refused.reason == "API_KEY_EXPIRED"
    assert datetime.datetime.now(datetime.timezone.utc) >= end


@pytest.mark.parametrize("when", ["2001-01-01T00:00:00Z"])
def test_KeyCannotBeBornExpired(rest, shop_a, when):
    answer = rest.post(f"{shop_a.path}/apiKeys", {"displayName": "old", "scopes": ["*"], "expireTime": when})
    assert (answer.status, answer.fields) == (400, ["expire_time"])


def test_RevocationMissedWhileCutOffCountsAfterwards(start, server, stack, rest, shop_a):
    """The notification is lost with the connection: what was cached before must not be trusted."""
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    try:
        cut_off = start(database=server.database, DATABASE_PORT=str(relay.port))
        key = cut_off.rest(shop_a.secret)
        assert key.get(shop_a.path).status == 200
        relay.cut()
        rest.post(f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}:revoke").ok()
        wait.until(lambda: key.get(shop_a.path).status != 200, "not answered from the cache", 1)
        relay.restore()
        wait.until(lambda: key.get(shop_a.path).status == 401, "refused", 5)
    finally:
        relay.close()
