"""Users make tenants and own them, over REST with cookies and over gRPC."""

import concurrent.futures

import pytest
from harness import people, shop, wait
from harness.server import WORKING

CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}


@pytest.fixture(scope="module")
def server(start, mail):
    return start(**WORKING, **mail.settings, **CHEAP, TENANT_MAX_OWNED="5")


class Person:
    def __init__(self, server, mail):
        self.server, self.address = server, people.sign_up(server, mail)
        self.browser = people.signed_in(server, self.address)
        self.id = self.browser.get("/v1/me").ok()["user"]["userId"]

    def create(self, draft=None, **headers):
        return self.browser.post("/v1/tenants", draft or shop.draft(), **headers)

    def get(self, tenant: str, path: str = ""):
        return self.browser.get(f"/v1/tenants/{tenant}{path}", X_Tenant_Id=tenant)

    def over_grpc(self) -> dict:
        return {"cookie": self.browser.cookie, "x_csrf_token": self.browser.csrf_token}


@pytest.fixture
def ann(server, mail):
    return Person(server, mail)


@pytest.fixture
def bob(server, mail):
    return Person(server, mail)


def members(server, tenant: str) -> list[dict]:
    return server.rows(f"select user_id::text, role from identity.members where tenant_id = {tenant}")


def test_AUserOwnsTheTenantThatHeMakes(server, ann, bob):
    made = ann.create().ok()
    tenant = made["tenant"]["tenantId"]
    assert made["ownerUserId"] == ann.id
    assert members(server, tenant) == [{"user_id": ann.id, "role": "owner"}]
    wait.until(lambda: ann.get(tenant).status == 200, "he is its owner", 1)
    assert ann.get(tenant, "/users").ok()["users"][0]["email"] == ann.address
    assert ann.browser.post(f"/v1/me/tenants/{tenant}:leave").reason == "LAST_OWNER"
    assert server.rest(made["apiKeySecret"]).get(f"/v1/tenants/{tenant}").status == 200
    (event,) = server.rows(f"select * from audit.events where tenant_id = {tenant} and principal = 'user:{ann.id}'")
    assert event["method"].endswith("/CreateTenant") and event["resource"] == f"tenants/{tenant}"
    assert event["after_digest"] and not event["before_digest"]
    assert bob.get(tenant).reason == "NOT_A_MEMBER", "nobody else is"
    wait.until(lambda: ann.get(tenant).ok()["state"] == "ACTIVE", "it is provisioned like any", 10)


def test_OverGrpcToo(server, ann):
    with server.grpc("") as client:
        made = client.call("TenantService.CreateTenant", shop.draft(), **ann.over_grpc())
        assert made.owner_user_id == ann.id
        assert members(server, made.tenant.tenant_id) == [{"user_id": ann.id, "role": "owner"}]
        assert client.send("TenantService.CreateTenant", shop.draft()).reason == "CREDENTIALS_MISSING"


def test_OperatorsMakeTenantsThatNobodyOwns(server):
    made = server.rest().post("/v1/tenants", shop.draft(type="PLATFORM")).ok()
    assert made["ownerUserId"] == "" and members(server, made["tenant"]["tenantId"]) == []


def test_WhoIsNeitherUserNorOperatorMakesNone(server, ann):
    draft = shop.draft()
    made = shop.create(server.rest())
    for key in (made.secret, server.rest(made.secret).post(
        f"{made.path}/apiKeys", {"displayName": "x", "scopes": ["*"]}
    ).ok()["secret"]):
        assert server.rest(key).post("/v1/tenants", draft).reason == "PLATFORM_ONLY"
    assert server.rest("").post("/v1/tenants", draft).reason == "CREDENTIALS_MISSING"
    assert ann.create(draft, X_CSRF_Token="x").reason == "CSRF_TOKEN_INVALID"
    assert ann.create(draft, Origin="https://evil.example").reason == "ORIGIN_REFUSED"
    assert ann.create(shop.draft(type="PLATFORM")).fields == ["type"]
    ann.browser.post("/v1/me:logout").ok()
    assert ann.create(draft).reason in ("SESSION_REVOKED", "CREDENTIALS_MISSING")
    assert server.rows(f"select 1 from tenant.tenants where slug = '{draft['slug']}'") == []


def test_ATenantThatIsNotMadeHasNoOwner(server, ann):
    draft = shop.draft()
    server.rest().post("/v1/tenants", draft).ok()
    assert ann.create(draft).reason == "TENANT_SLUG_TAKEN"
    assert server.rows(f"select 1 from identity.members where user_id = {ann.id}") == []


def test_TheTenantThatHeNamesDoesNotMatter(server, ann, bob):
    theirs = bob.create().ok()["tenant"]["tenantId"]
    made = ann.create(X_Tenant_Id=theirs).ok()
    assert made["tenant"]["tenantId"] != theirs and len(members(server, theirs)) == 1


def test_AKeyAnswersItsUserAgainAndNobodyElse(server, ann, bob):
    draft, key = shop.draft(), shop.unique("key")
    first, again = (ann.create(draft, idempotency_key=key) for _ in range(2))
    assert first.ok() == again.ok() and again.headers["Idempotent-Replayed"] == "true"
    with server.grpc("") as client:
        over_grpc = client.call("TenantService.CreateTenant", draft, idempotency_key=key, **ann.over_grpc())
    assert over_grpc.api_key_secret == first.json["apiKeySecret"]
    assert ann.create({**draft, "name": "Other"}, idempotency_key=key).reason == "IDEMPOTENCY_KEY_REUSED"
    tenant = first.json["tenant"]["tenantId"]
    assert members(server, tenant) == [{"user_id": ann.id, "role": "owner"}]
    assert len(server.rows(f"select 1 from identity.members where user_id = {ann.id}")) == 1
    assert bob.create(draft, idempotency_key=key).reason == "TENANT_SLUG_TAKEN", "a key is its user's own"
    assert first.json["apiKeySecret"] not in server.dump(server.tables()) + server.log()


def test_AUserOwnsSoManyAndNoMore(server, ann, bob):
    drafts = [shop.draft() for _ in range(12)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda draft: ann.create(draft, idempotency_key=draft["slug"]), drafts))
    made = [draft for draft, answer in zip(drafts, answers) if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(made) == 5
    assert {(answer.status, answer.reason) for answer in refused} == {(429, "TOO_MANY_TENANTS")}
    assert len(server.rows(f"select 1 from identity.members where user_id = {ann.id}")) == 5
    again = ann.create(made[0], idempotency_key=made[0]["slug"])
    assert again.ok() and again.headers["Idempotent-Replayed"] == "true"
    with server.grpc("") as client:
        assert client.send("TenantService.CreateTenant", shop.draft(), **ann.over_grpc()).reason == "TOO_MANY_TENANTS"
    bob.create().ok()
    server.rest().post("/v1/tenants", shop.draft()).ok()


def test_AUserListsTheTenantsOfHisOwn(server, mail, ann, bob):
    assert ann.browser.get("/v1/me/tenants").ok() == {"tenants": [], "nextPageToken": ""}
    own = [ann.create().ok()["tenant"]["tenantId"] for _ in range(3)]
    theirs = bob.create().ok()
    path = f"/v1/tenants/{theirs['tenant']['tenantId']}"
    with_key = server.rest(theirs["apiKeySecret"])
    with_key.post(f"{path}/invitations", {"email": ann.address, "role": "staff"}).ok()
    ann.browser.post("/v1/me/invitations:accept", {"token": mail.token(ann.address, 2)}).ok()
    expected = [(tenant, "owner") for tenant in own] + [(theirs["tenant"]["tenantId"], "staff")]

    def walk(path: str) -> list:
        answer = ann.browser.get(path).ok()
        found = [(each["tenant"]["tenantId"], each["role"]) for each in answer["tenants"]]
        token = answer["nextPageToken"]
        return found + (walk(f"/v1/me/tenants?page_size=3&page_token={token}") if token else [])

    assert walk("/v1/me/tenants") == walk("/v1/me/tenants?page_size=3") == expected
    assert walk("/v1/me/tenants?page_size=4") == expected, "the last page is full"
    token = ann.browser.get("/v1/me/tenants?page_size=1").ok()["nextPageToken"]
    assert bob.browser.get(f"/v1/me/tenants?page_token={token}").fields == ["page_token"], "a token is its user's own"
    assert ann.browser.get("/v1/me/tenants?page_size=1001").fields == ["page_size"]
    with_key.post(f"{path}/users/{ann.id}:remove").ok()
    assert walk("/v1/me/tenants") == expected[:-1]
    assert server.rest().get("/v1/me/tenants").reason == with_key.get("/v1/me/tenants").reason == "USER_ONLY"
    with server.grpc("") as client:
        answer = client.call("TenantService.ListMyTenants", {"page_size": 1}, cookie=ann.browser.cookie)
        assert [each.tenant.tenant_id for each in answer.tenants] == own[:1] and answer.next_page_token
