"""CreateTenant: the tenant, its domain, its key and its provisioning steps come together and work at once."""

import hashlib

import pytest
from google.protobuf import json_format
from harness import shop

SERVICES = ["ledger", "loyalty", "rule", "voucher"]


@pytest.fixture(params=["REST", "gRPC"])
def onboard(request, rest, grpc):
    """Creates a tenant over one protocol; the answer as JSON."""

    def over_rest(draft: dict, **headers: str) -> dict:
        return rest.post("/v1/tenants", draft, **headers).ok()

    def over_grpc(draft: dict, **headers: str) -> dict:
        answer = grpc.call("TenantService.CreateTenant", draft, **headers)
        return json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)

    return over_rest if request.param == "REST" else over_grpc


def shape(value):
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else type(value).__name__


def test_AnswersTenantDomainAndKey(onboard):
    draft = shop.draft()
    answer = onboard(draft)
    tenant, domain, key = answer["tenant"], answer["domain"], answer["apiKey"]
    assert {name: tenant[name] for name in draft} == draft
    assert tenant["state"] == "PROVISIONING"
    assert tenant["code"].startswith("T") and tenant["code"][1:].isdigit() and len(tenant["code"]) >= 5
    assert domain["host"].startswith(draft["slug"] + ".")
    assert (domain["type"], domain["primary"], domain["verificationState"]) == ("SYSTEM", True, "VERIFIED")
    assert tenant["tenantId"] == domain["tenantId"] == key["tenantId"]
    assert answer["apiKeySecret"].startswith("sbsk_live_" + key["apiKeyId"])
    assert answer["apiKeySecret"].startswith(key["prefix"]) and len(key["prefix"]) < 40 < len(answer["apiKeySecret"])


def test_AnswersOfRestAndGrpcHaveOneShape(rest, grpc):
    over_rest = rest.post("/v1/tenants", shop.draft()).ok()
    over_grpc = grpc.call("TenantService.CreateTenant", shop.draft())
    assert shape(over_rest) == shape(json_format.MessageToDict(over_grpc, always_print_fields_with_no_presence=True))


def test_KeyWorksAtOnce(onboard, server):
    answer = onboard(shop.draft())
    tenant = answer["tenant"]
    key = server.rest(answer["apiKeySecret"])
    assert key.get(f"/v1/tenants/{tenant['tenantId']}").ok() == tenant
    domains = key.get(f"/v1/tenants/{tenant['tenantId']}/domains").ok()["domains"]
    assert domains == [answer["domain"]]
    assert key.get(f"/v1/tenants/{tenant['tenantId']}/domains/{domains[0]['domainId']}").ok() == answer["domain"]


def test_StepsOfFourServicesAreVisiblePending(onboard, server):
    answer = onboard(shop.draft())
    key = server.rest(answer["apiKeySecret"])
    steps = key.get(f"/v1/tenants/{answer['tenant']['tenantId']}/provisioningSteps").ok()["steps"]
    assert sorted(step["service"] for step in steps) == SERVICES
    assert {(step["state"], step["attempts"], step["lastError"]) for step in steps} == {("PENDING", 0, "")}
    assert key.get(f"/v1/tenants/{answer['tenant']['tenantId']}").ok()["state"] == "PROVISIONING"


def test_OutboxHoldsOneTaskForEachService(onboard, server):
    tenant_id = onboard(shop.draft())["tenant"]["tenantId"]
    rows = server.rows(f"select topic, key, payload, published_at from outbox.messages where tenant_id = {tenant_id}")
    assert sorted(row["topic"] for row in rows) == [f"tenant:provisioning:{service}" for service in SERVICES]
    assert all(row["published_at"] is None for row in rows)
    assert all(row["payload"] == {"tenant_id": tenant_id} for row in rows)


def test_SlugIsMadeFromTheNameAndMadeUnique(onboard):
    name = f"Warung Kopi Ñandú {shop.unique('x')}"
    slugs = {onboard(shop.draft(name=name, slug=""))["tenant"]["slug"] for _ in range(3)}
    assert len(slugs) == 3
    assert all(slug.startswith("warung-kopi-nandu") for slug in slugs)


@pytest.mark.parametrize("slug", ["www", "api", "admin"])
def test_ReservedSlugIsRefused(rest, slug):
    answer = rest.post("/v1/tenants", shop.draft(slug=slug))
    assert 400 <= answer.status < 500, answer.body


@pytest.mark.parametrize(
    "field, value",
    [
        ("slug", "ab"),
        ("slug", "x" * 41),
        ("slug", "Groß"),
        ("slug", "-toko"),
        ("slug", "toko-"),
        ("country_code", ""),
        ("country_code", "XX"),
        ("country_code", "id"),
        ("country_code", "IDN"),
        ("timezone", ""),
        ("timezone", "Asia/Nowhere"),
        ("name", ""),
        ("name", "n" * 201),
    ],
)
def test_BadFieldIsRefusedByItsName(rest, field, value):
    camel = "countryCode" if field == "country_code" else field
    answer = rest.post("/v1/tenants", shop.draft(**{camel: value}))
    assert answer.status == 400, answer.body
    assert answer.fields == [field]


@pytest.mark.parametrize(
    "bad, fields",
    [
        ({}, ["country_code", "name", "timezone"]),
        (
            {"name": "n" * 201, "slug": "x", "countryCode": "??", "timezone": "Mars"},
            ["country_code", "name", "slug", "timezone"],
        ),
    ],
)
def test_EveryBadFieldIsNamedAtOnce(grpc, bad, fields):
    answer = grpc.send("TenantService.CreateTenant", bad)
    assert (answer.code, sorted(answer.fields)) == ("INVALID_ARGUMENT", fields)


def test_NobodyAndTenantsMayNotOnboard(server, shop_a):
    nobody = server.rest("").post("/v1/tenants", shop.draft())
    assert nobody.status == 401 and "api_key" not in nobody.body.decode()
    tenant = server.rest(shop_a.secret).post("/v1/tenants", shop.draft())
    assert tenant.status == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key.replace("sbsk_live_", "sbsk_test_"),
        lambda key: "sbsk_live_1_" + key.split("_", 3)[3],
        lambda key: "sbsk_live_99999999999999999999_x",
        lambda key: "\xff\xfe",
        lambda key: "x" * 5000,
    ],
)
def test_SpoiledKeyIsRefused(server, shop_a, spoil):
    answer = server.rest(spoil(shop_a.secret)).get(shop_a.path)
    assert answer.status == 401, answer.body


def test_SecretIsStoredNowhere(server, onboard):
    answer = onboard(shop.draft(), idempotency_key=shop.unique("key"))
    secret = answer["apiKeySecret"].split("_", 3)[3]  # its alphabet has "_" too
    dump = server.dump(server.tables())
    assert answer["tenant"]["slug"] in dump
    assert secret not in dump
    assert hashlib.sha256(answer["apiKeySecret"].encode()).hexdigest() not in dump
    assert secret not in server.log()


def test_SeedMadeAWorkingDemoTenant(server, rest):
    demo = server.seed["demo_tenant"]
    assert rest.get(f"/v1/tenants/{demo['tenant_id']}").ok()["slug"] == demo["slug"]
    assert server.rest(demo["api_key_secret"]).get(f"/v1/tenants/{demo['tenant_id']}").status == 200
    assert (server.folder / "seed").stat().st_mode & 0o777 == 0o600
