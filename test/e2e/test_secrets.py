"""Secrets that a run goes through are in no log, trace, metric, error answer or command line.

Not looked at: /proc/PID/environ, by which settings that are secret reach the program. It is readable to the program's own
user alone, who can read its memory as well.
"""

import base64
import pathlib
import urllib.parse

import pytest
from harness import openid, people, shop, wait
from harness.mail import MailServer
from harness.server import WORKING

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CHEAP = {"PASSWORD_MEMORY_KIB": "8", "PASSWORD_PASSES": "1"}
MASTER = bytes(range(7, 39))
SMTP_PASSWORD = "planted Ut7 of the mailer"


@pytest.fixture(scope="module")
def mail():
    server = MailServer("mailer", SMTP_PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(start, mail, provider):
    """Says and traces all it can."""
    settings = {**WORKING, **mail.settings, **provider.settings, **CHEAP}
    return start(**settings, SECRET_AES=MASTER.hex(), LOG_LEVEL="debug")


class Run:
    """Plants secrets, and keeps what was answered where none of them may be."""

    def __init__(self, server, mail, provider):
        self.server, self.mail, self.provider = server, mail, provider
        self.planted: dict[str, str] = {"SECRET_AES": MASTER.hex(), "SMTP password": SMTP_PASSWORD}
        self.planted["OpenID client secret"] = openid.CLIENT_SECRET
        self.planted |= {"database": server.setting("DATABASE_PASSWORD"), "Redis": server.setting("REDIS_PASSWORD")}
        self.answers: list[bytes] = []

    def refused(self, answer):
        assert answer.status >= 400
        headers = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        self.answers.append(headers.encode() + answer.body)

    def keys(self):
        rest = self.server.rest()
        self.planted["administrator's key"] = self.server.seed["platform_key"] if self.server.seed else ""
        made = shop.create(rest)
        self.planted["first key"] = made.secret
        draft = {"displayName": "k", "scopes": ["tenant:read"]}
        created = rest.post(f"{made.path}/apiKeys", draft, traceparent=SAMPLED, idempotency_key="once").ok()
        self.planted["key"] = created["secret"]
        assert rest.post(f"{made.path}/apiKeys", draft, idempotency_key="once").ok() == created, "replayed"
        path = f"{made.path}/apiKeys/{created['apiKey']['apiKeyId']}"
        self.planted["rotated key"] = rest.post(f"{path}:rotate", {"grace": "ONE_HOUR"}).ok()["secret"]
        webhook = {"displayName": "w", "kind": "WEBHOOK"}
        self.planted["webhook key"] = rest.post(f"{made.path}/apiKeys", webhook).ok()["secret"]
        rest.post(f"{path}:revoke").ok()
        for name in ("key", "rotated key", "webhook key"):
            self.refused(self.server.rest(self.planted[name]).get(made.path, traceparent=SAMPLED))
        wrong = self.planted["key"][:-4] + "AAAA"
        self.refused(self.server.rest(wrong).get(made.path))
        # In places where a credential does not belong.
        secret = urllib.parse.quote(made.secret)
        self.refused(rest.get(f"/v1/tenants?page_token={secret}", traceparent=SAMPLED))
        self.refused(rest.post("/v1/tenants", {"name": 5, "apiKey": made.secret}))
        with self.server.grpc(self.planted["key"]) as client:
            answer = client.send("TenantService.GetTenant", {"tenantId": made.id}, traceparent=SAMPLED)
            self.answers.append(f"{answer.code} {answer.message} {answer.details} {answer.metadata}".encode())

    def account(self):
        password, address = "planted Zx7 password", people.new_address()
        nobody = self.server.rest("")
        nobody.post("/v1/users:register", {"email": address, "password": password}, traceparent=SAMPLED).ok()
        verify = self.mail.token(address)
        wrong = {"token": verify, "password": "planted Qy8 wrong password"}
        self.refused(nobody.post("/v1/users:verifyEmail", wrong, traceparent=SAMPLED))
        nobody.post("/v1/users:verifyEmail", {"token": verify, "password": password}, traceparent=SAMPLED).ok()
        browser = people.browser(self.server)
        self.refused(browser.login(address, "planted Qy8 wrong password"))
        browser.login(address, password).ok()
        self.planted |= {"password": password, "wrong password": "planted Qy8 wrong", "verification token": verify}
        self.planted |= {"cookie": browser.cookie.split("=", 1)[1], "CSRF token": browser.csrf_token}
        self.second_factor(browser, address, password)
        self.member(browser, address)
        self.refused(browser.get("/v1/me", Cookie=browser.cookie + "x"))
        self.refused(browser.post("/v1/me:logout", X_CSRF_Token=browser.csrf_token + "x"))
        nobody.post("/v1/users:requestPasswordReset", {"email": address}).ok()
        self.planted["reset token"] = self.mail.newest_token(address, self.planted["invitation token"])
        reset = {"token": self.planted["reset token"], "newPassword": "planted Wv9 newer password"}
        self.planted["new password"] = reset["newPassword"]
        nobody.post("/v1/users:resetPassword", reset).ok()
        self.refused(nobody.post("/v1/users:resetPassword", reset))
        self.refused(nobody.post("/v1/users:verifyEmail", {"token": verify, "password": password}))

    def second_factor(self, browser: people.Browser, address: str, password: str):
        enrolled = browser.post("/v1/me/totp:enroll", {"password": password}, traceparent=SAMPLED).ok()
        self.planted["TOTP secret"] = enrolled["secret"]
        self.refused(browser.post("/v1/me/totp:confirm", {"code": "123"}))
        code = {"code": people.totp(enrolled["secret"])}
        codes = browser.post("/v1/me/totp:confirm", code, traceparent=SAMPLED).ok()["recoveryCodes"]
        self.planted |= {f"recovery code {i}": code for i, code in enumerate(codes)}
        again = people.browser(self.server)
        again.login(address, password, codes[0]).ok()
        self.refused(again.login(address, password, codes[0]))
        self.refused(self.server.rest(codes[1]).get("/v1/me"))

    def member(self, browser: people.Browser, address: str):
        made = shop.create(self.server.rest())
        self.planted["a tenant's first key"] = made.secret
        own = self.server.rest(made.secret)
        body = {"email": address, "role": "admin"}
        own.post(f"{made.path}/invitations", body, traceparent=SAMPLED, idempotency_key="invite").ok()
        token = {"token": self.mail.newest_token(address, self.planted["verification token"])}
        self.planted["invitation token"] = token["token"]
        accept = "/v1/me/invitations:accept"
        stranger = openid.Browser(self.server)
        stranger.sign_in(self.provider, "stranger", email=people.new_address(), email_verified=True).ok()
        self.refused(stranger.post(accept, token, traceparent=SAMPLED))
        browser.post(accept, token, traceparent=SAMPLED).ok()
        self.refused(browser.post(accept, token))
        self.refused(browser.get(f"{made.path}/users?page_token={token['token']}", X_Tenant_Id=made.id))
        as_member = {"X_Tenant_Id": made.id, "traceparent": SAMPLED}
        wait.until(lambda: browser.get(made.path, **as_member).status == 200, "he is a member", 1)
        key = {"displayName": "k", "scopes": ["tenant:read"]}
        self.planted["a member's key"] = browser.post(f"{made.path}/apiKeys", key, **as_member).ok()["secret"]
        self.refused(self.server.rest(self.planted["a member's key"]).get(f"{made.path}/users", traceparent=SAMPLED))

    def sign_in_elsewhere(self):
        """At the provider: once as it should be, and with what is refused before and after its code is redeemed."""
        tokens, browser = [], openid.Browser(self.server)
        self.provider.make = lambda claims: tokens.append(self.provider.key.token(claims)) or tokens[-1]
        claims = {"email": people.new_address(), "email_verified": True}

        def begin(name: str) -> dict:
            returned = self.provider.authorize(browser.start(), "ann", **claims)
            asked = self.provider.codes[returned["code"]]
            self.planted |= {f"{name}: authorization code": returned["code"], f"{name}: state": returned["state"]}
            self.planted |= {f"{name}: nonce": asked["nonce"], f"{name}: flow": browser.jar["_SID_FLOW"]}
            return returned

        returned = begin("right")
        finish = "/v1/externalSignIn:finish"
        browser.post(finish, returned, traceparent=SAMPLED).ok()
        self.refused(browser.post(finish, returned, traceparent=SAMPLED))
        self.refused(browser.post(finish, {**begin("wrong code"), "code": returned["code"]}, traceparent=SAMPLED))
        self.provider.claims = {"aud": "somebody else"}
        self.refused(browser.post(finish, begin("wrong audience"), traceparent=SAMPLED))
        self.provider.claims, self.provider.status = {}, 500
        self.refused(browser.post(finish, begin("failing"), traceparent=SAMPLED))
        assert len(tokens) == 2
        self.planted |= {"id_token": tokens[0], "refused id_token": tokens[1]}
        for name in ("id_token", "right: authorization code"):
            self.refused(self.server.rest(self.planted[name]).get("/v1/me", traceparent=SAMPLED))
            secret = urllib.parse.quote(self.planted[name])
            self.refused(self.server.rest().get(f"/v1/tenants?page_token={secret}", traceparent=SAMPLED))
        self.provider.be_right()


def forms(secret: str) -> set[bytes]:
    """As it is, as it stands in a URL, and as base64 of a header or a sealed value would show it."""
    plain = secret.encode()
    return {plain, urllib.parse.quote(secret).encode(), base64.b64encode(plain).rstrip(b"="), plain.hex().encode()}


def command_lines() -> bytes:
    lines = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except OSError:
            continue  # it has ended
        if b"smtp_server.py" not in line:  # the test's own mail server is told its password there
            lines.append(line)
    return b"\n".join(lines)


def test_SecretsShowNowhere(server, mail, provider):
    run = Run(server, mail, provider)
    run.keys()
    run.account()
    run.sign_in_elsewhere()
    processes = command_lines()
    assert str(server.folder).encode() in processes, "the server's own is among them"
    metrics = server.rest("").get("/metrics").body
    assert server.stop() == 0
    log = server.log().encode()
    assert b'"call"' in log and b"span" in log, "debug lines and spans are there"
    places = {"log and traces": log, "metrics": metrics, "command lines": processes}
    places |= {f"answer {i}": answer for i, answer in enumerate(run.answers)}
    found = [
        (name, where)
        for name, secret in run.planted.items()
        for where, content in places.items()
        if secret and any(form in content for form in forms(secret))
    ]
    assert found == []
    assert len(run.planted) >= 45 and all(run.planted.values())
