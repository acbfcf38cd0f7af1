"""People sign in with a provider. This one lies in every way; test/interop/openid has one that does not."""

import json
import time

import pytest
from harness import openid, people, shop, wait
from harness.openid import Browser, Key, Provider, hmac_with
from harness.people import PASSWORD
from harness.server import WORKING
from test_users import CHEAP


@pytest.fixture(autouse=True)
def right_again(provider):
    provider.be_right()


@pytest.fixture(scope="module")
def server(start, mail, provider):
    return start(**WORKING, **mail.settings, **CHEAP, **provider.settings)


@pytest.fixture(autouse=True)
def no_pauses(server):
    """All of these come from one address, which would be asked to wait."""
    server.stack.psql("delete from identity.attempts", database=server.database)


def verified(address: str) -> dict:
    return {"email": address, "email_verified": True}


def new_subject() -> str:
    return shop.unique("sub")


def test_SignsUpAndInAgain(server, provider):
    address, subject = people.new_address(), new_subject()
    browser = Browser(server)
    me = browser.sign_in(provider, subject, name="Ann", **verified(address.upper())).ok()["me"]
    assert (me["user"]["email"], me["user"]["displayName"]) == (address, "Ann")
    assert browser.get("/v1/me").ok()["user"] == me["user"] and list(browser.jar) == ["_SID"]
    again = Browser(server)
    # The address may change at the provider, and plays no part any more.
    assert again.sign_in(provider, subject, email="x").ok()["me"]["user"]["userId"] == me["user"]["userId"]
    assert people.browser(server).login(address).reason == "LOGIN_FAILED"
    identities = browser.get("/v1/me/externalIdentities").ok()["externalIdentities"]
    assert [(each["issuer"], each["subject"]) for each in identities] == [(provider.issuer, subject)]
    before = browser.jar["_SID"]
    browser.sign_in(provider, subject).ok()
    old = people.Browser(server.rest(""), f"_SID={before}")
    assert old.get("/v1/me").reason == "SESSION_REVOKED", "the session that was shown is replaced"


def test_TheFlowCookieIsOutOfReach(server, provider):
    browser = Browser(server)
    answer = browser.post("/v1/externalSignIn:start")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("_SID_FLOW=") and cookie.endswith("; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax")
    returned = provider.authorize(answer.ok()["authorizationUrl"], "s")
    asked = provider.codes[returned["code"]]
    assert len({returned["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert returned["state"] not in cookie and asked["nonce"] not in cookie


OTHER = Key("k1")
WEAK = Key("k2")

# What each is refused for.
LIES = {
    "alg none": ("ALGORITHM_REFUSED", lambda p, c: p.key.token(c, {"alg": "none"}, lambda _: b"")),
    "alg None": ("ALGORITHM_REFUSED", lambda p, c: p.key.token(c, {"alg": "None"}, lambda _: b"")),
    "no alg": ("ALGORITHM_REFUSED", lambda p, c: p.key.token(c, {"alg": None})),
    "HMAC with the public key": (
        "ALGORITHM_REFUSED",
        lambda p, c: p.key.token(c, {"alg": "HS256"}, hmac_with(json.dumps(p.key.published).encode())),
    ),
    "HMAC with the client's secret": (
        "ALGORITHM_REFUSED",
        lambda p, c: p.key.token(c, {"alg": "HS256"}, hmac_with(openid.CLIENT_SECRET.encode())),
    ),
    "another key of that name": ("SIGNATURE_INVALID", lambda p, c: OTHER.token(c)),
    "its own key in the header": ("SIGNATURE_INVALID", lambda p, c: OTHER.token(c, {"jwk": OTHER.published})),
    "no signature": ("SIGNATURE_INVALID", lambda p, c: p.key.token(c, None, lambda _: b"")),
    "an RSA key for ES256": ("KEY_UNSUITABLE", lambda p, c: p.key.token(c, {"alg": "ES256"})),
    "crit": ("HEADER_REFUSED", lambda p, c: p.key.token(c, {"crit": ["exp"], "exp": 1})),
    "too long": ("TOKEN_TOO_LONG", lambda p, c: p.key.token({**c, "x": "x" * 20000})),
    "no token": ("TOKEN_MALFORMED", lambda p, c: "x"),
    "an access token": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token(c, {"typ": "at+jwt"})),
    "another issuer": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "iss": "https://evil.example"})),
    "another audience": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "aud": "other"})),
    "one audience more": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "aud": [openid.CLIENT_ID, "other"]})),
    "another azp": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "azp": "other"})),
    "expired": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "exp": c["iat"] - 31})),
    "old": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "iat": c["iat"] - 700})),
    "of the future": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "iat": c["iat"] + 120})),
    "not good yet": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "nbf": c["iat"] + 120})),
    "another nonce": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "nonce": "x"})),
    "no nonce": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "nonce": None})),
    "nobody": ("ID_TOKEN_REFUSED", lambda p, c: p.key.token({**c, "sub": ""})),
}


@pytest.mark.parametrize("lie", LIES)
def test_ALieIsRefused(server, provider, lie):
    reason, make = LIES[lie]
    subject = new_subject()
    Browser(server).sign_in(provider, subject, **verified(people.new_address())).ok()
    provider.make = lambda claims: make(provider, claims)
    browser = Browser(server)
    answer = browser.sign_in(provider, subject)
    assert (answer.status, answer.reason) == (401, reason) and "_SID" not in browser.jar


def test_AFlowIsItsBrowsersAndEndsOnce(server, provider):
    subject, claims = new_subject(), verified(people.new_address())
    browser, other = Browser(server), Browser(server)
    returned = provider.authorize(browser.start(), subject, **claims)
    assert other.finish(returned).reason == "FLOW_INVALID", "no cookie"
    other.start()
    assert other.finish(returned).reason == "FLOW_INVALID", "the cookie of another flow"
    flow = browser.jar["_SID_FLOW"]
    assert browser.finish({**returned, "state": "x"}).reason == "FLOW_INVALID"
    browser.jar["_SID_FLOW"] = flow[:-2] + ("AA" if flow[-2:] != "AA" else "BA")
    assert browser.finish(returned).reason == "FLOW_INVALID", "a changed cookie"
    assert browser.post("/v1/externalSignIn:finish", returned, Origin="https://evil.example").reason == "ORIGIN_REFUSED"
    provider.reusable = True
    browser.jar["_SID_FLOW"] = flow
    browser.finish(returned).ok()
    browser.jar["_SID_FLOW"] = flow
    assert browser.finish(returned).reason == "FLOW_INVALID", "it has ended"
    # A code of another flow does not fit this one's verifier.
    stolen = provider.authorize(other.start(), subject)["code"]
    fresh = provider.authorize(browser.start(), subject)
    assert browser.finish({**fresh, "code": stolen}).reason == "CODE_REFUSED"
    provider.reusable = False
    returned = provider.authorize(browser.start(), subject)
    flow = browser.jar["_SID_FLOW"]
    browser.finish(returned).ok()
    browser.jar["_SID_FLOW"] = flow
    assert browser.finish(returned).reason == "CODE_REFUSED", "a code is good once"


def test_AnAddressOpensNoAccount(server, provider, mail):
    address, subject = people.sign_up(server, mail), new_subject()
    assert Browser(server).sign_in(provider, subject, **verified(address)).reason == "EXTERNAL_ACCOUNT_EXISTS"
    owner = Browser(server)
    owner.login(address).ok()
    refused = owner.post("/v1/me/externalIdentities:startLink", {"password": "wrong horse battery"})
    assert refused.reason == "PASSWORD_WRONG"
    linked = owner.link(provider, subject, **verified("elsewhere@other.example")).ok()
    assert linked["email"] == "elsewhere@other.example"
    assert any("linked" in message["text"] for message in mail.wait_for(address, count=2))
    assert Browser(server).sign_in(provider, subject).ok()["me"]["user"]["email"] == address
    # Whose it is stays so.
    stranger = Browser(server)
    stranger.login(people.sign_up(server, mail)).ok()
    assert stranger.link(provider, subject).reason == "EXTERNAL_IDENTITY_TAKEN"
    assert owner.link(provider, subject).reason == "EXTERNAL_IDENTITY_TAKEN"

    def unlink(browser, id):
        return browser.post(f"/v1/me/externalIdentities/{id}:unlink", x_request_id="fixed")

    id = linked["externalIdentityId"]
    answers = {people.everything(unlink(stranger, each)) for each in (id, str(int(id) - 1))}
    assert len(answers) == 1 and "EXTERNAL_IDENTITY_NOT_FOUND" in answers.pop()
    first, again = (owner.post(f"/v1/me/externalIdentities/{id}:unlink", idempotency_key="k") for _ in range(2))
    assert first.ok() == again.ok() == {} and again.headers["Idempotent-Replayed"] == "true"
    user = owner.get("/v1/me").ok()["user"]["userId"]
    events = server.rows(f"select method from audit.events where principal = 'user:{user}' and resource = 'users/{user}'")
    assert [event["method"].endswith("/UnlinkExternalIdentity") for event in events].count(True) == 1
    assert owner.get("/v1/me/externalIdentities").ok().get("externalIdentities", []) == []
    assert Browser(server).sign_in(provider, subject, **verified(address)).reason == "EXTERNAL_ACCOUNT_EXISTS"


def test_ALinkIsOfWhoBeganIt(server, provider, mail):
    owner, other = Browser(server), Browser(server)
    owner.login(people.sign_up(server, mail)).ok()
    other.login(people.sign_up(server, mail)).ok()
    url = owner.post("/v1/me/externalIdentities:startLink", {"password": PASSWORD}).ok()["authorizationUrl"]
    returned = provider.authorize(url, new_subject())
    other.jar["_SID_FLOW"] = owner.jar["_SID_FLOW"]
    finish = "/v1/me/externalIdentities:finishLink"
    assert other.post(finish, returned).reason == "FLOW_INVALID"
    assert owner.finish(returned).reason == "FLOW_INVALID", "to link is not to sign in"
    assert owner.post(finish, returned, X_CSRF_Token="x").reason == "CSRF_TOKEN_INVALID"
    owner.post(finish, returned).ok()
    returned = provider.authorize(owner.start(), new_subject(), **verified(people.new_address()))
    assert owner.post(finish, returned).reason == "FLOW_INVALID", "nor is to sign in to link"


def test_ANewPasswordByMailUnlinks(server, provider, mail):
    address, subject = people.new_address(), new_subject()
    Browser(server).sign_in(provider, subject, **verified(address)).ok()
    server.rest("").post("/v1/users:requestPasswordReset", {"email": address}).ok()
    body = {"token": mail.token(address), "newPassword": PASSWORD}
    server.rest("").post("/v1/users:resetPassword", body).ok()
    people.browser(server).login(address).ok()
    assert Browser(server).sign_in(provider, subject, **verified(address)).reason == "EXTERNAL_ACCOUNT_EXISTS"


def test_TheSecondFactorIsAskedForAllTheSame(server, provider, mail):
    address, subject = people.sign_up(server, mail), new_subject()
    owner = Browser(server)
    owner.login(address).ok()
    owner.link(provider, subject).ok()
    secret = owner.post("/v1/me/totp:enroll", {"password": PASSWORD}).ok()["secret"]
    codes = owner.post("/v1/me/totp:confirm", {"code": people.totp(secret)}).ok()["recoveryCodes"]
    browser = Browser(server)
    assert browser.sign_in(provider, subject).ok() == {"secondFactorRequired": True}
    assert "_SID" not in browser.jar and browser.get("/v1/me").status == 401
    confirm = "/v1/externalSignIn:confirm"
    assert browser.post(confirm, {"secondFactor": "000000"}).reason == "SECOND_FACTOR_INVALID"
    assert Browser(server).post(confirm, {"secondFactor": codes[0]}).reason == "FLOW_INVALID"
    pending = browser.jar["_SID_FLOW"]
    assert browser.post(confirm, {"secondFactor": codes[0]}).ok()["me"]["user"]["email"] == address
    assert browser.get("/v1/me").status == 200
    browser.jar["_SID_FLOW"] = pending
    assert browser.post(confirm, {"secondFactor": codes[0]}).reason == "SECOND_FACTOR_INVALID"
    id = owner.get("/v1/me/externalIdentities").ok()["externalIdentities"][0]["externalIdentityId"]
    owner.post(f"/v1/me/externalIdentities/{id}:unlink").ok()
    assert browser.post(confirm, {"secondFactor": codes[1]}).reason == "FLOW_INVALID", "what was unlinked opens nothing"


def test_OnlyAVerifiedAddressMakesAnAccount(server, provider):
    address = people.new_address()
    for claims in (
        {},
        {"email": address},
        {"email": address, "email_verified": False},
        {"email": address, "email_verified": "true"},
        {"email": "no address", "email_verified": True},
    ):
        browser = Browser(server)
        assert browser.sign_in(provider, new_subject(), **claims).reason == "EXTERNAL_EMAIL_UNVERIFIED", claims
    provider.userinfo = {"sub": "another", **verified(address)}
    assert Browser(server).sign_in(provider, new_subject()).reason == "ID_TOKEN_REFUSED"
    provider.userinfo = verified(address)
    assert Browser(server).sign_in(provider, new_subject()).ok()["me"]["user"]["email"] == address


def test_KeysAreRotatedAndOfEveryKind(server, provider):
    before = provider.published, provider.key
    subject = new_subject()
    Browser(server).sign_in(provider, subject, **verified(people.new_address())).ok()
    provider.key = Key("e", "ES256")
    provider.published = [*before[0], provider.key, Key("p", "PS256")]
    Browser(server).sign_in(provider, subject).ok()
    asked = provider.requests.count("/jwks")
    provider.key = provider.published[-1]
    Browser(server).sign_in(provider, subject).ok()
    # An unknown one is asked for at most once a minute.
    provider.key = Key("never published")
    for _ in range(3):
        assert Browser(server).sign_in(provider, subject).reason == "KEY_UNKNOWN"
    assert provider.requests.count("/jwks") == asked
    provider.published, provider.key = before


def test_AProviderThatFailsIsUnavailable(server, start, provider):
    browser = Browser(server)
    returned = provider.authorize(browser.start(), new_subject())
    provider.status = 503
    answer = browser.finish(returned)
    assert (answer.status, answer.reason) == (503, "PROVIDER_UNAVAILABLE")
    provider.status = 200
    provider.discovery = {"issuer": "https://evil.example"}
    other = start(database=server.database, **CHEAP, **provider.settings)
    assert Browser(other).post("/v1/externalSignIn:start").reason == "PROVIDER_UNAVAILABLE"
    provider.discovery = {}
    wait.until(lambda: Browser(other).post("/v1/externalSignIn:start").status == 200, "it is asked again")


def test_PrivateAddressesAreForWhoAllowsThem(server, start, provider):
    asked = len(provider.requests)
    strict = start(database=server.database, **CHEAP, **{**provider.settings, "OPENID_PRIVATE_ADDRESSES": "false"})
    assert Browser(strict).post("/v1/externalSignIn:start").reason == "PROVIDER_UNAVAILABLE"
    assert len(provider.requests) == asked
    assert "not a public one" in strict.log()


def test_WithoutAProviderThereIsNone(server, start):
    without = start(database=server.database, **CHEAP)
    assert Browser(without).post("/v1/externalSignIn:start").reason == "PROVIDER_NOT_CONFIGURED"
    assert Browser(without).finish({"code": "x", "state": "y"}).reason == "PROVIDER_NOT_CONFIGURED"


def test_SecretsAreInNoLogMetricOrRow(server, provider):
    browser, subject = Browser(server), new_subject()
    returned = provider.authorize(browser.start(), subject, **verified(people.new_address()))
    flow, nonce = browser.jar["_SID_FLOW"], provider.codes[returned["code"]]["nonce"]
    tokens = []
    provider.make = lambda claims: tokens.append(provider.key.token(claims)) or tokens[-1]
    browser.finish(returned).ok()
    provider.make = lambda claims: "x." + nonce
    browser.sign_in(provider, subject)
    planted = [openid.CLIENT_SECRET, "planted%20Kq3", returned["code"], returned["state"], flow, nonce, *tokens]
    for where, text in {
        "log": server.log(),
        "metrics": server.rest("").get("/metrics").body.decode(),
        "database": server.dump(server.tables()),
        "process list": open(f"/proc/{server.pid}/cmdline").read(),
    }.items():
        assert [each for each in planted if each in text] == [], where


def test_EveryRpcThatNeedsASessionSaysSo(server):
    for path in ("startLink", "finishLink", "1:unlink"):
        body = {"password": "x"} if path == "startLink" else {"code": "x", "state": "x"} if path == "finishLink" else {}
        separator = "/" if path[0] == "1" else ":"
        answer = Browser(server).post(f"/v1/me/externalIdentities{separator}{path}", body)
        assert answer.reason == "CREDENTIALS_MISSING", path
        assert server.rest().post(f"/v1/me/externalIdentities{separator}{path}", body).reason == "USER_ONLY", path
    assert server.rest().get("/v1/me/externalIdentities").reason == "USER_ONLY"
    assert Browser(server).get("/v1/me/externalIdentities").reason == "CREDENTIALS_MISSING"
