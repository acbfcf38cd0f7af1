"""People register, sign in, come back and are kept out, by REST and gRPC, with sessions in cookies and in Redis."""

import hashlib
import re

import pytest
from harness import contracts, people, wait
from harness.people import PASSWORD
from harness.server import WORKING

# What a session that was ended is refused for: Redis forgets it, a sealed cookie still opens.
OVER = {"cookie": "SESSION_REVOKED", "redis": "SESSION_INVALID"}
CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}


@pytest.fixture(scope="module", params=["cookie", "redis"])
def server(request, start, mail):
    return start(**WORKING, **mail.settings, **CHEAP, SESSION_TYPE=request.param)


@pytest.fixture(scope="module")
def second(server, start, mail):
    """Another process on the same database."""
    return start(database=server.database, **mail.settings, **CHEAP, SESSION_TYPE=server.setting("SESSION_TYPE"))


@pytest.fixture(scope="module")
def ann(server, mail):
    """The address of somebody's account; nobody changes its password."""
    return people.sign_up(server, mail)


def test_RegisterVerifyLoginMeLogout(server, mail):
    address = people.sign_up(server, mail)
    browser = people.browser(server)
    answer = browser.login(address.upper())
    assert answer.ok()["me"]["user"]["email"] == address
    cookie = answer.headers["Set-Cookie"]
    assert re.fullmatch(r"_SID=[\w-]+; Max-Age=\d+; Path=/; HttpOnly; Secure; SameSite=Lax", cookie), cookie
    me = browser.get("/v1/me").ok()
    assert (me["user"]["displayName"], me["session"]["current"], me["session"]["address"]) == ("Ann", True, "127.0.0.1")
    shown = browser.cookie
    answer = browser.post("/v1/me:logout")
    assert answer.ok() == {} and "Max-Age=0" in answer.headers["Set-Cookie"]
    browser.cookie = shown
    assert browser.get("/v1/me").reason == OVER[server.setting("SESSION_TYPE")]


def test_SameOverGrpc(server, ann):
    with server.grpc("") as client:
        answer = client.send("UserService.Login", {"email": ann, "password": PASSWORD})
        me = answer.ok().me
        cookie = answer.metadata["set-cookie"].split(";")[0]
        assert client.call("UserService.GetMe", {}, cookie=cookie).user.email == ann
        assert client.send("UserService.GetMe", {}).reason == "CREDENTIALS_MISSING"
        assert client.send("UserService.Logout", {}, cookie=cookie).reason == "CSRF_TOKEN_INVALID"
        client.call("UserService.Logout", {}, cookie=cookie, x_csrf_token=me.csrf_token)
        assert client.send("UserService.GetMe", {}, cookie=cookie).reason == OVER[server.setting("SESSION_TYPE")]


def test_NobodyLearnsWhoHasAnAccount(server, mail, ann):
    unknown = people.new_address()
    nobody = server.rest("")

    def say(path, **body):
        return people.everything(nobody.post(path, body, x_request_id="fixed"))

    def login(email):
        return say("/v1/users:login", email=email, password="wrong horse battery")

    assert login(ann) == login(unknown)
    assert "LOGIN_FAILED" in login(unknown)
    register = {address: say("/v1/users:register", email=address, password=PASSWORD) for address in (ann, unknown)}
    assert register[ann] == register[unknown] and register[ann].startswith("[200")
    reset = {address: say("/v1/users:requestPasswordReset", email=address) for address in (ann, unknown)}
    assert reset[ann] == reset[unknown] and reset[ann].startswith("[200")
    people.signed_in(server, ann)


def test_GuessesAreBoundedAlsoAcrossProcesses(server, second, mail):
    address = people.sign_up(server, mail)
    for one in (server, server, second, second, server):
        assert people.browser(one).login(address, "wrong horse battery").reason == "LOGIN_FAILED"
    for one in (server, second):
        answer = people.browser(one).login(address)
        assert (answer.status, answer.reason) == (429, "TOO_MANY_ATTEMPTS")
        assert int(answer.headers["Retry-After"]) >= 1
    wait.until(lambda: people.browser(second).login(address).status == 200, "the pause is over", pause_s=0.4)


def test_AChangeByCookieNeedsTokenAndOrigin(server, ann):
    browser = people.signed_in(server, ann)
    other = people.signed_in(server, ann)
    logout = "/v1/me:logout"
    assert browser.post(logout, X_CSRF_Token="x").reason == "CSRF_TOKEN_INVALID"
    assert browser.post(logout, X_CSRF_Token=other.csrf_token).reason == "CSRF_TOKEN_INVALID"
    assert browser.post(logout, Origin="https://evil.example").reason == "ORIGIN_REFUSED"
    assert browser.post(logout, Origin="null").reason == "ORIGIN_REFUSED"
    assert browser.get("/v1/me", X_CSRF_Token="x").status == 200
    login = {"email": ann, "password": PASSWORD}
    assert people.browser(server).post("/v1/users:login", login, Origin="https://evil.example").reason == "ORIGIN_REFUSED"
    browser.post(logout).ok()


def test_RevokedSessionIsRefusedByTheOtherProcessWithinASecond(server, second, ann):
    browser, other = people.signed_in(server, ann), people.signed_in(server, ann)
    elsewhere = people.Browser(second.rest(""), other.cookie, other.csrf_token)
    assert elsewhere.get("/v1/me").status == other.get("/v1/me").status == 200
    sessions = browser.get("/v1/me/sessions").ok()["sessions"]
    assert [session["current"] for session in sessions].count(True) == 1
    revoked = other.get("/v1/me").ok()["session"]["sessionId"]
    assert browser.post(f"/v1/me/sessions/{revoked}:revoke").ok()["sessionId"] == revoked
    for one in (other, elsewhere):
        wait.until(lambda one=one: one.get("/v1/me").status == 401, "refused everywhere", 1)
    assert other.get("/v1/me").reason == "SESSION_REVOKED"
    assert browser.get("/v1/me").status == 200
    assert revoked not in {session["sessionId"] for session in browser.get("/v1/me/sessions").ok()["sessions"]}


def test_AUsersOwnCallsTakeAnIdempotencyKey(server, ann):
    browser, other = people.signed_in(server, ann), people.signed_in(server, ann)
    path = f"/v1/me/sessions/{other.get('/v1/me').ok()['session']['sessionId']}:revoke"
    first, again = (browser.post(path, idempotency_key="end-it") for _ in range(2))
    assert first.ok() == again.ok() and again.headers["Idempotent-Replayed"] == "true"
    third = people.signed_in(server, ann)
    another = f"/v1/me/sessions/{third.get('/v1/me').ok()['session']['sessionId']}:revoke"
    assert browser.post(another, idempotency_key="end-it").reason == "IDEMPOTENCY_KEY_REUSED"


def events_of(server, browser, method: str) -> int:
    user = browser.get("/v1/me").ok()["user"]["userId"]
    found = server.rows(f"select method from audit.events where principal = 'user:{user}'")
    return sum(event["method"].endswith("/" + method) for event in found)


def test_TheSecondFactorIsSetUpOnceForAKey(server, mail):
    browser = people.signed_in(server, people.sign_up(server, mail))

    def twice(path: str, body: dict) -> dict:
        first, again = (browser.post(f"/v1/me/totp:{path}", body, idempotency_key="k") for _ in range(2))
        assert first.ok() == again.ok() and again.headers["Idempotent-Replayed"] == "true"
        return first.json

    enrolled = twice("enroll", {"password": PASSWORD})
    wrong = browser.post("/v1/me/totp:enroll", {"password": "wrong horse battery"}, idempotency_key="k")
    assert wrong.reason == "PASSWORD_WRONG", "a key is no way around the password"
    code = people.totp(enrolled["secret"])
    codes = twice("confirm", {"code": code})["recoveryCodes"]
    assert len(codes) == 10
    assert browser.post("/v1/me/totp:confirm", {"code": "000000"}, idempotency_key="k").reason == "IDEMPOTENCY_KEY_REUSED"
    stored = server.dump(server.tables())
    for secret in (enrolled["secret"], enrolled["secret"].encode().hex(), *codes, *(each.encode().hex() for each in codes)):
        assert secret not in stored
    twice("disable", {"password": PASSWORD, "secondFactor": codes[0]})
    assert [events_of(server, browser, name) for name in ("EnrollTotp", "ConfirmTotp", "DisableTotp")] == [1, 1, 1]


def test_ThePasswordIsChangedOnceForAKeyWhichTellsNothingOfIt(server, mail):
    browser = people.signed_in(server, people.sign_up(server, mail))
    body = {"currentPassword": PASSWORD, "newPassword": "another horse battery"}

    def change(**fields):
        return browser.post("/v1/me:changePassword", {**body, **fields}, idempotency_key="k")

    first, cookie = change(), browser.cookie
    token = first.ok()["me"]["csrfToken"]
    again = change()
    assert again.ok() == first.json and again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Set-Cookie"] is None and browser.cookie == cookie and browser.csrf_token == token
    assert events_of(server, browser, "ChangePassword") == 1
    stored = server.dump(server.tables())
    request = contracts.methods()["UserService.ChangePassword"].request(
        current_password=body["currentPassword"], new_password=body["newPassword"]
    )
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    assert digest not in stored, "by which the password could be guessed"
    assert token not in stored and token.encode().hex() not in stored
    reasons = [change(newPassword=f"guess number {i}").reason for i in range(6)]
    assert reasons[0] == "IDEMPOTENCY_KEY_REUSED" and reasons[-1] == "TOO_MANY_ATTEMPTS", "each is an attempt"
    assert change().reason == "TOO_MANY_ATTEMPTS"


def test_EachSessionEndsUnderTheSameKey(server, mail):
    address = people.sign_up(server, mail)
    for browser in (people.signed_in(server, address), people.signed_in(server, address)):
        shown = browser.cookie
        assert browser.post("/v1/me:logout", idempotency_key="k").ok() == {}
        browser.cookie = shown
        assert browser.get("/v1/me").reason == OVER[server.setting("SESSION_TYPE")], "and not only the first one"
        assert browser.post("/v1/me:logout", idempotency_key="k").reason == OVER[server.setting("SESSION_TYPE")]


def test_ForeignAndMissingSessionsAreTheSameBytes(server, mail, ann):
    mine = people.signed_in(server, ann)
    theirs = people.signed_in(server, people.sign_up(server, mail))
    foreign = theirs.get("/v1/me").ok()["session"]["sessionId"]
    answers = {
        people.everything(mine.post(f"/v1/me/sessions/{id}:revoke", x_request_id="fixed"))
        for id in (foreign, str(int(foreign) - 1))
    }
    assert len(answers) == 1 and "SESSION_NOT_FOUND" in answers.pop()
    assert theirs.get("/v1/me").status == 200


def test_PasswordsAreChangedAndReset(server, mail):
    address = people.sign_up(server, mail)
    browser, other = people.signed_in(server, address), people.signed_in(server, address)
    change = {"currentPassword": "wrong horse battery", "newPassword": "another horse battery"}
    assert browser.post("/v1/me:changePassword", change).reason == "PASSWORD_WRONG"
    before = browser.cookie
    browser.post("/v1/me:changePassword", {**change, "currentPassword": PASSWORD}).ok()
    assert browser.cookie != before and browser.get("/v1/me").status == 200
    wait.until(lambda: other.get("/v1/me").status == 401, "the other session is over", 1)
    browser.post("/v1/users:requestPasswordReset", {"email": address}).ok()
    token = mail.token(address, count=3)  # after the first one, and a notice
    body = {"token": token, "newPassword": "a third horse battery"}
    browser.post("/v1/users:resetPassword", body).ok()
    assert browser.post("/v1/users:resetPassword", body).reason == "MAILED_TOKEN_INVALID"
    wait.until(lambda: browser.get("/v1/me").status == 401, "every session is over", 1)
    assert people.browser(server).login(address, "another horse battery").reason == "LOGIN_FAILED"
    people.browser(server).login(address, "a third horse battery").ok()


def test_SecondFactor(server, mail):
    address = people.sign_up(server, mail)
    browser = people.signed_in(server, address)
    enrolled = browser.post("/v1/me/totp:enroll", {"password": PASSWORD}).ok()
    assert f"secret={enrolled['secret']}&" in enrolled["provisioningUri"]
    code = people.totp(enrolled["secret"])
    codes = browser.post("/v1/me/totp:confirm", {"code": code}).ok()["recoveryCodes"]
    assert len(codes) == 10
    assert people.browser(server).login(address).reason == "SECOND_FACTOR_REQUIRED"
    assert people.browser(server).login(address, PASSWORD, code).reason == "SECOND_FACTOR_INVALID"
    people.browser(server).login(address, PASSWORD, codes[0]).ok()
    assert people.browser(server).login(address, PASSWORD, codes[0]).reason == "SECOND_FACTOR_INVALID"
    body = {"password": PASSWORD, "secondFactor": codes[1]}
    browser.post("/v1/me/totp:disable", body).ok()
    people.browser(server).login(address).ok()


def test_PlainHeadersProveNobody(server, ann):
    """A caller is who the credentials prove, whatever else the request says."""
    nobody = server.rest("")
    me = people.signed_in(server, ann).get("/v1/me").ok()
    claims = {
        "X_User_Id": me["user"]["userId"],
        "X_Tenant_Id": server.seed["demo_tenant"]["tenant_id"],
        "X_Forwarded_User": ann,
        "X_Principal": f"user:{me['user']['userId']}",
        "X_CSRF_Token": me["csrfToken"],
    }
    assert nobody.get("/v1/me", **claims).reason == "CREDENTIALS_MISSING"
    assert nobody.get(f"/v1/tenants/{server.seed['demo_tenant']['tenant_id']}", **claims).status == 401
    browser = people.signed_in(server, ann)
    assert browser.get(f"/v1/tenants/{claims['X_Tenant_Id']}", **{"X_Tenant_Id": claims["X_Tenant_Id"]}).status == 403


def test_ACookieOfAnotherSecretIsNone(server, start, mail, ann):
    stranger = start(database=server.database, **CHEAP, SESSION_TYPE=server.setting("SESSION_TYPE"), SESSION_SECRET="ab" * 32)
    browser = people.signed_in(server, ann)
    elsewhere = people.Browser(stranger.rest(""), browser.cookie, browser.csrf_token)
    assert elsewhere.get("/v1/me").reason == "SESSION_INVALID"
    people.signed_in(stranger, ann)


def test_EveryChangeIsAudited(server, mail):
    request_id = people.new_address().split("@")[0]
    address = people.sign_up(server, mail)
    browser = people.browser(server)
    login = {"email": address, "password": PASSWORD}
    browser.post("/v1/users:login", login, x_request_id=request_id + "1").ok()
    browser.post("/v1/me:logout", x_request_id=request_id + "2").ok()
    events = server.rows(f"select * from audit.events where request_id like '{request_id}_' order by request_id")
    assert [event["method"].split("/")[-1] for event in events] == ["Login", "Logout"]
    assert {event["principal"].split(":")[0] for event in events} == {"user"}
    lines = [line for line in server.log_lines() if line.get("request_id") == request_id + "2"]
    assert lines and lines[-1]["principal"] == events[1]["principal"]


def test_EveryRpcThatNeedsASessionSaysSo(server):
    public = {"Register", "VerifyEmail", "Login", "RequestPasswordReset", "ResetPassword"}
    names = {name.split(".")[1] for name in contracts.methods() if name.startswith("UserService.")}
    with server.grpc("") as client:
        for name in sorted(names - public):
            request = contracts.methods()[f"UserService.{name}"].request()
            for field in request.DESCRIPTOR.fields:
                setattr(request, field.name, "1")
            assert client.send(f"UserService.{name}", request).reason == "CREDENTIALS_MISSING", name
    assert server.rest().get("/v1/me").reason == "USER_ONLY", "an API key is nobody's session"


def test_SecretsAreInNoLogMetricOrRow(server, mail):
    password, address = "planted Zx7 password", people.new_address()
    nobody = server.rest("")
    nobody.post("/v1/users:register", {"email": address, "password": password}).ok()
    token = mail.token(address)
    nobody.post("/v1/users:verifyEmail", {"token": token, "password": password}).ok()
    browser = people.browser(server)
    browser.login(address, "planted Qy8 wrong password")
    browser.login(address, password).ok()
    secret = browser.post("/v1/me/totp:enroll", {"password": password}).ok()["secret"]
    browser.post("/v1/me/totp:confirm", {"code": "planted"})
    browser.post("/v1/users:verifyEmail", {"token": token + "planted", "password": password})
    planted = [password, "planted Qy8", token, browser.cookie.split("=", 1)[1], browser.csrf_token, secret]
    command_line = open(f"/proc/{server.pid}/cmdline").read()
    for where, text in {
        "log": server.log(),
        "metrics": nobody.get("/metrics").body.decode(),
        "database": server.dump(server.tables()),
        "process list": command_line,
    }.items():
        assert [each for each in planted if each in text] == [], where
    assert address not in server.log()
