"""Many callers want the same thing at the same time."""

import collections
import concurrent.futures

from google.protobuf import json_format
from harness import contracts, shop

CALLERS = 64


def outcomes(answers) -> dict:
    return dict(
        collections.Counter((answer.status, answer.reason if answer.status != 200 else "") for answer in answers)
    )


def test_OneOfSixtyFourGetsTheSlug(rest, server):
    draft = shop.draft()
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda _: rest.post("/v1/tenants", draft), range(CALLERS)))
    assert outcomes(answers) == {(200, ""): 1, (409, "TENANT_SLUG_TAKEN"): CALLERS - 1}
    tenants = server.rows(f"select tenant_id from tenant.tenants where slug = '{draft['slug']}'")
    domains = server.rows(f"select tenant_id from domain.domains where host like '{draft['slug']}.%'")
    assert len(tenants) == 1 and tenants == domains


def test_SixtyFourOfOneNameGetSixtyFourSlugs(rest):
    draft = shop.draft(slug="")
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda _: rest.post("/v1/tenants", draft), range(CALLERS)))
    assert outcomes(answers) == {(200, ""): CALLERS}
    assert len({answer.json["tenant"]["slug"] for answer in answers}) == CALLERS
    assert len({answer.json["tenant"]["code"] for answer in answers}) == CALLERS


def test_RestAndGrpcRaceForOneSlug(rest, grpc):
    draft = shop.draft()
    request = json_format.ParseDict(draft, contracts.methods()["TenantService.CreateTenant"].request())

    def send(number: int) -> str:
        if number % 2:
            answer = grpc.send("TenantService.CreateTenant", request)
            return "won" if answer.code == "OK" else answer.reason
        answer = rest.post("/v1/tenants", draft)
        return "won" if answer.status == 200 else answer.reason

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        results = collections.Counter(pool.map(send, range(16)))
    assert results == {"won": 1, "TENANT_SLUG_TAKEN": 15}


def test_OneOfManySuspensionsSucceeds(rest, shop_a):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(lambda _: rest.post(f"{shop_a.path}:suspend").status, range(16)))
    assert statuses == [200] + [400] * 15
