"""What a tenant's key sees and may do. That it tells nothing of other tenants, whatever is asked: test/isolation."""

import pytest
from harness import shop


@pytest.fixture(scope="module")
def two(server):
    return shop.create(server.rest()), shop.create(server.rest())


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
