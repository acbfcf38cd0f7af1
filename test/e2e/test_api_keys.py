"""What keys of each kind may do, how they get a new secret, and when they were last used."""

import datetime

import pytest
from harness import wait


def make(rest, made, **draft) -> dict:
    return rest.post(f"{made.path}/apiKeys", {"displayName": "k", "scopes": ["tenant:read"], **draft}).ok()


def test_KindsAndTheirText(rest, shop_a):
    for kind, prefix in (("SERVER", "sbsk_live_"), ("PUBLISHABLE", "sbpk_live_"), ("WEBHOOK", "sbwh_live_")):
        made = make(rest, shop_a, kind=kind, channel="POS", scopes=[] if kind == "WEBHOOK" else ["tenant:read"])
        assert made["secret"].startswith(prefix) and made["apiKey"]["prefix"].startswith(prefix)
        assert (made["apiKey"]["kind"], made["apiKey"]["channel"]) == (kind, "POS")


@pytest.mark.parametrize(
    "draft, fields",
    [
        ({"scopes": ["tenant:fly"]}, ["scopes[0]"]),
        ({"scopes": ["tenan:*"]}, ["scopes[0]"]),
        ({"kind": "PUBLISHABLE", "scopes": ["ledger:post"]}, ["scopes[0]"]),
        ({"kind": "PUBLISHABLE", "scopes": ["*"]}, ["scopes[0]"]),
        ({"kind": "WEBHOOK"}, ["scopes"]),
        ({"allowedOrigins": ["https://shop.example"]}, ["allowed_origins"]),
        ({"kind": "PUBLISHABLE", "allowedOrigins": ["shop.example"]}, ["allowed_origins[0]"]),
        ({"requestsPerMinute": -1}, ["requests_per_minute"]),
        ({"requestsPerMinute": 1000001}, ["requests_per_minute"]),
    ],
)
def test_KeyThatMakesNoSenseIsRefused(rest, shop_a, draft, fields):
    answer = rest.post(f"{shop_a.path}/apiKeys", {"displayName": "k", "scopes": ["tenant:read"], **draft})
    assert (answer.status, answer.fields) == (400, fields)


def test_PublishableKeyIsForItsPages(server, rest, shop_a):
    key = server.rest(make(rest, shop_a, kind="PUBLISHABLE", allowedOrigins=["https://shop.example"])["secret"])
    assert key.get(shop_a.path, origin="https://shop.example").status == 200
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = key.get(shop_a.path, **headers)
        assert (answer.status, answer.reason) == (403, "API_KEY_ORIGIN_REFUSED")
    assert key.get(f"{shop_a.path}/apiKeys", origin="https://shop.example").reason == "PERMISSION_MISSING"


def test_WebhookKeyMakesNoCalls(server, rest, shop_a):
    key = server.rest(make(rest, shop_a, kind="WEBHOOK", scopes=[])["secret"])
    assert key.get(shop_a.path).reason == "API_KEY_MAKES_NO_CALLS"


def test_BothSecretsAreGoodDuringTheGraceAndTheOldOneIsThenRefused(server, rest, shop_a):
    made = make(rest, shop_a)
    key_id = made["apiKey"]["apiKeyId"]
    old = server.rest(made["secret"])
    assert old.get(shop_a.path).status == 200
    rotated = rest.post(f"{shop_a.path}/apiKeys/{key_id}:rotate", {"grace": "ONE_DAY"}).ok()
    end = datetime.datetime.fromisoformat(rotated["apiKey"]["previousSecretExpireTime"].replace("Z", "+00:00"))
    left = end - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(hours=23, minutes=59) < left <= datetime.timedelta(days=1)
    new = server.rest(rotated["secret"])
    wait.until(lambda: new.get(shop_a.path).status == 200, "the new secret is known", 1)
    assert old.get(shop_a.path).status == 200
    # A day later, as the table tells it; the notice is that of a second rotation's.
    server.stack.psql(
        f"update identity.api_keys set previous_until = now() where api_key_id = {key_id}; "
        f"select pg_notify('identity_api_keys', 'key:{key_id}')",
        database=server.database,
    )
    refused = wait.until(lambda: (answer := old.get(shop_a.path)).status == 401 and answer, "the old one ends", 1)
    assert refused.reason == "API_KEY_ROTATED"
    assert new.get(shop_a.path).status == 200


def test_RotationNeedsAGraceAndALiveKeyAndItsScopes(server, rest, shop_a):
    path = f"{shop_a.path}/apiKeys/{shop_a.api_key['apiKeyId']}"
    for body in ({}, {"grace": "ROTATION_GRACE_UNSPECIFIED"}):
        assert rest.post(f"{path}:rotate", body).fields == ["grace"]
    narrow = server.rest(make(rest, shop_a, scopes=["api_key:*"])["secret"])
    assert narrow.post(f"{path}:rotate", {"grace": "ONE_HOUR"}).reason == "SCOPE_NOT_HELD"
    rest.post(f"{path}:revoke").ok()
    assert rest.post(f"{path}:rotate", {"grace": "ONE_HOUR"}).reason == "API_KEY_ENDED"


def test_SaysWhenAKeyWasLastUsedWithoutAWriteACall(start, rest, server, shop_a):
    made = make(rest, shop_a)
    own = start(database=server.database)
    key = own.rest(made["secret"])
    before = datetime.datetime.now(datetime.timezone.utc)
    assert key.get(shop_a.path).status == 200

    def last_use() -> str | None:
        listed = rest.get(f"{shop_a.path}/apiKeys").ok()["apiKeys"]
        return next(each for each in listed if each["apiKeyId"] == made["apiKey"]["apiKeyId"]).get("lastUseTime")

    assert last_use() is None
    assert own.stop() == 0  # what it noted is written, at the latest now
    assert datetime.datetime.fromisoformat(last_use().replace("Z", "+00:00")) >= before - datetime.timedelta(seconds=1)
