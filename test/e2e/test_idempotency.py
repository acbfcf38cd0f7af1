"""A request sent again under its Idempotency-Key is answered as the first one was, and done once."""

import concurrent.futures

import pytest
from harness import shop, wait

COPIES = 100


def test_HundredCopiesAtOnceMakeOneTenant(rest, server):
    draft, key = shop.draft(), shop.unique("key")

    def send(_: int):
        return wait.until(lambda: settled(rest.post("/v1/tenants", draft, idempotency_key=key)), "not ABORTED", 30)

    def settled(answer):
        if answer.status == 409 and answer.json["code"] == 10:
            assert answer.reason == "IDEMPOTENCY_KEY_IN_USE", answer.body
            return None
        return answer

    with concurrent.futures.ThreadPoolExecutor(COPIES) as pool:
        answers = list(pool.map(send, range(COPIES)))
    assert {answer.status for answer in answers} == {200}, answers[0].body
    assert len({answer.body for answer in answers}) == 1
    assert server.rows(f"select count(*) from tenant.tenants where slug = '{draft['slug']}'") == [{"count": 1}]


def test_AnswerIsTheSameOverEveryProtocol(rest, grpc):
    draft, key = shop.draft(), shop.unique("key")
    first = grpc.call("TenantService.CreateTenant", draft, idempotency_key=key)
    again = grpc.call("TenantService.CreateTenant", draft, idempotency_key=key)
    assert first == again
    over_rest = rest.post("/v1/tenants", draft, idempotency_key=key).ok()
    assert over_rest["apiKeySecret"] == first.api_key_secret


def test_OrderOfJsonFieldsDoesNotMatter(rest):
    draft, key = shop.draft(), shop.unique("key")
    first = rest.post("/v1/tenants", draft, idempotency_key=key).ok()
    assert rest.post("/v1/tenants", dict(reversed(draft.items())), idempotency_key=key).ok() == first


def test_OtherBodyIsRefused(rest, grpc):
    draft, key = shop.draft(), shop.unique("key")
    rest.post("/v1/tenants", draft, idempotency_key=key).ok()
    over_rest = rest.post("/v1/tenants", {**draft, "name": "Other"}, idempotency_key=key)
    assert (over_rest.status, over_rest.json["code"], over_rest.reason) == (409, 6, "IDEMPOTENCY_KEY_REUSED")
    over_grpc = grpc.send("TenantService.CreateTenant", {**draft, "timezone": "UTC"}, idempotency_key=key)
    assert (over_grpc.code, over_grpc.reason) == ("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED")


def test_KeyBelongsToItsMethod(rest, shop_a):
    key = shop.unique("key")
    rest.post(f"{shop_a.path}:suspend", idempotency_key=key).ok()
    assert rest.post(f"{shop_a.path}:resume", idempotency_key=key).ok()["state"] == "PROVISIONING"
    # The suspension is not done again: its first answer comes back.
    assert rest.post(f"{shop_a.path}:suspend", idempotency_key=key).ok()["state"] == "SUSPENDED"
    assert rest.get(shop_a.path).ok()["state"] == "PROVISIONING"


def test_KeyBelongsToItsPrincipal(rest, server, shop_a, shop_b):
    key = shop.unique("key")
    body = {"displayName": "till", "scopes": ["tenant:read"]}
    second = server.rest(rest.post(f"{shop_a.path}/apiKeys", {"displayName": "2", "scopes": ["*"]}).ok()["secret"])
    ids = set()
    for client, tenant in (
        (rest, shop_a),
        (server.rest(shop_a.secret), shop_a),
        (second, shop_a),
        (server.rest(shop_b.secret), shop_b),
    ):
        ids.add(client.post(f"{tenant.path}/apiKeys", body, idempotency_key=key).ok()["apiKey"]["apiKeyId"])
    assert len(ids) == 4


def test_RefusedRequestMaySucceedLaterUnderItsKey(rest, shop_a):
    key = shop.unique("key")
    assert rest.post(f"{shop_a.path}:resume", idempotency_key=key).status == 400
    rest.post(f"{shop_a.path}:suspend").ok()
    assert rest.post(f"{shop_a.path}:resume", idempotency_key=key).ok()["state"] == "PROVISIONING"


@pytest.mark.parametrize(
    "key, status", [("k" * 255, 200), ("k" * 256, 400), ("with blank", 200), ("tab\there", 400), ("é", 400)]
)
def test_FormOfAKey(rest, key, status):
    answer = rest.post("/v1/tenants", shop.draft(), idempotency_key=key if status == 200 else key)
    assert answer.status == status, answer.body


def test_WithoutAKeyEachRequestCounts(rest):
    draft = shop.draft()
    rest.post("/v1/tenants", draft).ok()
    again = rest.post("/v1/tenants", draft)
    assert (again.status, again.reason) == (409, "TENANT_SLUG_TAKEN")


def test_StoredAnswerIsSealed(rest, server):
    key = shop.unique("key")
    answer = rest.post("/v1/tenants", shop.draft(), idempotency_key=key).ok()
    record = server.rows(f"select to_jsonb(a)::text as text from idempotency.answers a where key = '{key}'")
    assert len(record) == 1
    for secret in (answer["apiKeySecret"], answer["tenant"]["slug"]):
        assert secret.encode().hex() not in record[0]["text"]
