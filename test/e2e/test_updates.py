"""UpdateTenant: the mask decides what changes, the etag whether."""

import concurrent.futures

import pytest


def grpc_update(grpc, tenant: dict, mask: str | None):
    request = {"tenant": tenant} if mask is None else {"tenant": tenant, "updateMask": mask}
    return grpc.send("TenantService.UpdateTenant", request)


def test_PatchChangesWhatTheBodyNames(rest, shop_a):
    after = rest.patch(shop_a.path, {"name": "Toko Baru"}).ok()
    changed = {name for name in after if after[name] != shop_a.tenant[name]}
    assert changed == {"name", "etag", "updateTime"}
    assert after["name"] == "Toko Baru"
    assert rest.get(shop_a.path).ok() == after


def test_PatchOfSeveralFields(rest, shop_a):
    after = rest.patch(shop_a.path, {"countryCode": "SG", "timezone": "Asia/Singapore"}).ok()
    assert (after["countryCode"], after["timezone"], after["name"]) == ("SG", "Asia/Singapore", shop_a.tenant["name"])


def test_MaskOfTheQueryWins(rest, shop_a):
    body = {"name": "Ignored", "countryCode": "MY"}
    after = rest.patch(f"{shop_a.path}?updateMask=countryCode", body).ok()
    assert (after["name"], after["countryCode"]) == (shop_a.tenant["name"], "MY")


def test_MaskOverGrpc(grpc, shop_a):
    after = grpc_update(grpc, {"tenantId": shop_a.id, "name": "Lewat gRPC", "timezone": "UTC"}, "name").ok()
    assert (after.name, after.timezone) == ("Lewat gRPC", "Asia/Jakarta")


@pytest.mark.parametrize("mask", ["slug", "state", "tenantId", "code", "createTime", "nothing", "name.first"])
def test_MaskOfAnotherFieldIsRefused(rest, shop_a, mask):
    answer = rest.patch(f"{shop_a.path}?updateMask={mask}", {"name": "X"})
    assert answer.status == 400, answer.body
    assert answer.fields and answer.fields[0].startswith("update_mask"), answer.fields
    assert rest.get(shop_a.path).ok() == shop_a.tenant


@pytest.mark.parametrize(
    "field, value", [("name", ""), ("name", "x" * 201), ("countryCode", "ZZ"), ("timezone", "Moon")]
)
def test_BadValueIsRefusedByItsName(rest, shop_a, field, value):
    answer = rest.patch(shop_a.path, {field: value})
    assert answer.status == 400
    assert answer.fields == ["tenant." + ("country_code" if field == "countryCode" else field)]


def test_EtagOfNowIsAccepted(rest, shop_a):
    first = rest.patch(shop_a.path, {"name": "One", "etag": shop_a.tenant["etag"]}).ok()
    assert first["etag"] != shop_a.tenant["etag"]
    assert rest.patch(shop_a.path, {"name": "Two", "etag": first["etag"]}).ok()["name"] == "Two"


def test_EtagOfBeforeIsRefused(rest, grpc, shop_a):
    rest.patch(shop_a.path, {"name": "One"}).ok()
    over_rest = rest.patch(shop_a.path, {"name": "Two", "etag": shop_a.tenant["etag"]})
    assert (over_rest.status, over_rest.json["code"]) == (409, 10)
    stale = {"tenantId": shop_a.id, "name": "Two", "etag": shop_a.tenant["etag"]}
    over_grpc = grpc_update(grpc, stale, "name")
    assert over_grpc.code == "ABORTED"
    assert over_rest.reason == over_grpc.reason != ""
    assert rest.get(shop_a.path).ok()["name"] == "One"


def test_OneOfManyWritersWithTheSameEtagWins(rest, shop_a):
    def write(number: int) -> int:
        return rest.patch(shop_a.path, {"name": f"Writer {number}", "etag": shop_a.tenant["etag"]}).status

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(write, range(16)))
    assert statuses == [200] + [409] * 15


def test_TenantUpdatesItself(server, shop_a):
    assert server.rest(shop_a.secret).patch(shop_a.path, {"name": "Sendiri"}).ok()["name"] == "Sendiri"
