"""Who may do what, and why: AccessService, its policy, and `sbctl access`."""

import pytest
from harness import contracts, shop, wait
from harness.sbctl import Sbctl

# One thing more for viewers than the shipped policy gives.
POLICY = "p, viewer, *, tenant, read\np, guest, *, domain, read\ng, admin, viewer\np, owner, *, *, *\n"


@pytest.fixture(scope="module")
def made(server):
    return shop.create(server.rest())


@pytest.fixture
def own(server, shop_a):
    return server.rest(shop_a.secret)


def narrow_key(rest, made: shop.Shop, *scopes: str) -> dict:
    return rest.post(f"{made.path}/apiKeys", {"displayName": "narrow", "scopes": list(scopes)}).ok()


def test_KeysAreExplainedByTheirScopes(own, shop_a):
    key = narrow_key(own, shop_a, "domain:*")
    path = f"{shop_a.path}/access:explain?subject=api_key:{key['apiKey']['apiKeyId']}"
    assert own.get(f"{path}&permission=domain:read").ok() == {
        "allowed": True,
        "text": "allowed by the scope domain:*",
        "scope": "domain:*",
        "rolePath": [],
    }
    assert own.get(f"{path}&permission=tenant:read").ok()["text"] == "denied: no scope and no role gives it"
    assert own.get(f"{shop_a.path}/access:check?permission=tenant:read").ok() == {"allowed": True}
    assert own.get(f"{shop_a.path}/access:explain?permission=queue:read").ok()["text"].startswith("denied: only")


def test_RolesAreExplainedByRuleAndPath(own, shop_a):
    answer = own.get(f"{shop_a.path}/access:explain?permission=tenant:read&role=admin").ok()
    assert answer["allowed"] and answer["rolePath"] == ["admin", "staff", "viewer"]
    assert answer["rule"]["values"] == ["viewer", "*", "tenant", "read"]
    assert not own.get(f"{shop_a.path}/access:check?permission=tenant:update&role=viewer").ok()["allowed"]
    assert not own.get(f"{shop_a.path}/access:check?permission=tenant:update&role=none").ok()["allowed"]


@pytest.mark.parametrize(
    "query, status, field",
    [
        ("permission=no:such", 400, "permission"),
        ("permission=", 400, "permission"),
        ("permission=tenant:read&role=admin&subject=api_key:1", 400, "role"),
        ("permission=tenant:read&subject=api_key:1", 404, None),
        ("permission=tenant:read&subject=user", 404, None),
    ],
)
def test_RefusesAQuestionThatIsNone(own, shop_a, query, status, field):
    answer = own.get(f"{shop_a.path}/access:check?{query}")
    assert (answer.status, answer.fields) == (status, [field] if field else [])


def test_AnothersKeyIsNotThere(own, shop_a, shop_b):
    path = f"{shop_a.path}/access:explain?permission=tenant:read&subject=api_key:"
    foreign = own.get(path + shop_b.api_key["apiKeyId"], x_request_id="same")
    missing = own.get(path + "1", x_request_id="same")
    assert foreign.status == 404 and foreign.body == missing.body


def test_PermissionsAreThoseThatRpcsAskFor(own, shop_a):
    own.post(f"{shop_a.path}/roles", {"role": "cashier", "permissions": ["domain:*"]}).ok()
    listed = own.get(f"{shop_a.path}/permissions?page_size=1000").ok()["permissions"]
    asked = {method.permission for method in contracts.methods().values() if method.permission}
    assert {each["permission"] for each in listed} == asked
    for each in listed:
        methods = {
            method.path[1:].replace("/", ".")
            for method in contracts.methods().values()
            if method.permission == each["permission"]
        }
        assert set(each["methods"]) == methods
    of = {each["permission"]: each for each in listed}
    assert of["tenant:update"]["roles"] == ["admin", "owner"]
    assert of["domain:read"]["roles"] == ["admin", "owner", "staff", "viewer", "cashier"]
    assert of["queue:read"]["platformOnly"] and of["queue:read"]["roles"] == []
    page = own.get(f"{shop_a.path}/permissions?page_size=3").ok()
    rest = own.get(f"{shop_a.path}/permissions?page_size=1000&page_token={page['nextPageToken']}").ok()
    assert page["permissions"] + rest["permissions"] == listed


def test_ATenantMakesARoleOfItsOwn(own, shop_a):
    path = f"{shop_a.path}/roles"
    role = own.post(path, {"role": "cashier", "description": "At the till", "permissions": ["tenant:read"]}).ok()
    assert (role["role"], role["builtIn"], role["permissions"]) == ("cashier", False, ["tenant:read"])
    assert [each["role"] for each in own.get(path).ok()["roles"]] == ["admin", "owner", "staff", "viewer", "cashier"]
    check = f"{shop_a.path}/access:check?permission=domain:read&role=cashier"
    assert own.get(check).ok() == {"allowed": False}
    own.patch(f"{path}/cashier", {"permissions": ["tenant:read", "domain:read"]}).ok()
    wait.until(lambda: own.get(check).ok()["allowed"], "the role gives what it has got", 1)
    changed = own.patch(f"{path}/cashier", {"description": "", "updateMask": "description"}).ok()
    assert (changed["description"], changed["permissions"]) == ("", ["tenant:read", "domain:read"])
    assert own.post(path, {"role": "cashier", "permissions": ["tenant:read"]}).reason == "ROLE_EXISTS"
    own.send("DELETE", f"{path}/cashier").ok()
    wait.until(lambda: not own.get(check).ok()["allowed"], "the role is gone", 1)
    assert own.send("DELETE", f"{path}/cashier").reason == "ROLE_NOT_FOUND"


def test_ARoleIsKnownToOtherProcessesWithinASecond(start, server, own, shop_a):
    other = start(database=server.database).rest(shop_a.secret)
    check = f"{shop_a.path}/access:check?permission=domain:read&role=cashier"
    assert other.get(check).ok() == {"allowed": False}
    own.post(f"{shop_a.path}/roles", {"role": "cashier", "permissions": ["domain:read"]}).ok()
    wait.until(lambda: other.get(check).ok()["allowed"], "the other process knows", 1)
    own.patch(f"{shop_a.path}/roles/cashier", {"permissions": ["tenant:read"]}).ok()
    wait.until(lambda: not other.get(check).ok()["allowed"], "the other process knows", 1)


def test_NobodyGivesMoreThanTheyHave(server, own, shop_a):
    key = narrow_key(own, shop_a, "access:*", "tenant:read")
    weak = server.rest(key["secret"])
    assert weak.post(f"{shop_a.path}/roles", {"role": "x", "permissions": ["tenant:read"]}).status == 200
    for permissions in (["tenant:*"], ["tenant:read", "domain:read"]):
        answer = weak.post(f"{shop_a.path}/roles", {"role": "y", "permissions": permissions})
        assert (answer.status, answer.reason) == (403, "PERMISSION_NOT_HELD")


def test_AFileIsReadAgainAndABadOneIsNot(start, tmp_path):
    path = tmp_path / "policy.csv"

    def write(text: str):
        (tmp_path / "part").write_text(text)
        (tmp_path / "part").rename(path)

    write(POLICY)
    own = start(ACCESS_CONTROL_POLICY=str(path))
    made = shop.create(own.rest())
    rest = own.rest(made.secret)
    check = f"{made.path}/access:check?permission=domain:read&role="
    assert rest.get(check + "guest").ok()["allowed"] and not rest.get(check + "viewer").ok()["allowed"]
    write(POLICY.replace("guest", "viewer"))
    wait.until(lambda: rest.get(check + "viewer").ok()["allowed"], "the file is read again", 5)
    assert not rest.get(check + "guest").ok()["allowed"]
    write('p, "broken')
    wait.until(lambda: any("not reloaded" in line.get("message", line.get("msg", "")) for line in own.log_lines()), "it is refused", 5)
    assert rest.get(check + "viewer").ok()["allowed"]
    refused = own.rest().post("/v1/accessPolicy:reload")
    assert (refused.status, refused.reason) == (400, "POLICY_INVALID")
    assert own.rest().send("PUT", "/v1/accessPolicy", {"csv": POLICY}).reason == "POLICY_NOT_IN_DATABASE"


def test_ThePolicyOfTheDatabaseIsReplacedEverywhere(start):
    one = start(ACCESS_CONTROL_ADAPTER="database")
    two = start(database=one.database, ACCESS_CONTROL_ADAPTER="database")
    made = shop.create(one.rest())
    check = f"{made.path}/access:check?permission=domain:read&role=guest"
    assert not two.rest(made.secret).get(check).ok()["allowed"]
    assert one.rest(made.secret).send("PUT", "/v1/accessPolicy", {"csv": POLICY}).reason == "PLATFORM_ONLY"
    bad = one.rest().send("PUT", "/v1/accessPolicy", {"csv": "x, y, z"})
    assert (bad.status, bad.reason, bad.fields) == (400, "POLICY_INVALID", ["csv"])
    assert one.rest().send("PUT", "/v1/accessPolicy", {"csv": POLICY}).ok()["ruleCount"] == 4
    for server in (one, two):
        wait.until(lambda: server.rest(made.secret).get(check).ok()["allowed"], "it is in force", 1)
    third = start(database=one.database, ACCESS_CONTROL_ADAPTER="database")
    assert third.rest(made.secret).get(check).ok()["allowed"]
    one.rest().send("PUT", "/v1/accessPolicy", {"csv": ""}).ok()
    wait.until(lambda: not two.rest(made.secret).get(check).ok()["allowed"], "the shipped rules are back", 1)


def test_Sbctl(server, own, shop_a):
    sbctl = Sbctl(f"http://{server.http_address}", shop_a.secret)
    explained = sbctl("access", "explain", shop_a.id, "tenant:read", "--role", "admin").ok()
    assert explained.startswith("allowed by the rule p, viewer, *, tenant, read")
    assert explained.endswith("admin > staff > viewer\n")
    assert sbctl("access", "explain", shop_a.id, "tenant:update").ok() == "allowed by the scope *\n"
    assert sbctl("access", "explain", shop_a.id, "no:such").code == 1
    assert not sbctl("access", "explain", shop_a.id, "tenant:update", "--role", "viewer", "--json").json["allowed"]
    own.post(f"{shop_a.path}/roles", {"role": "cashier", "permissions": ["tenant:read"]}).ok()
    assert "cashier  the tenant" in sbctl("access", "roles", shop_a.id).ok()
    assert "(operators)" in sbctl("access", "permissions", shop_a.id).ok()
    assert sbctl("access", "reload").err.endswith("(PLATFORM_ONLY)\n")
    admin = Sbctl(f"http://{server.http_address}", server.seed["platform_key"])
    assert "rules for the roles admin owner" in admin("access", "reload").ok()
