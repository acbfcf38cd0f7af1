"""Users as their browsers see the platform."""

import base64
import dataclasses
import hmac
import json
import time

from harness import shop
from harness.clients import Answer, Rest

PASSWORD = "correct horse battery staple"


@dataclasses.dataclass
class Browser:
    """Keeps the cookie of a session and its CSRF token. Like a browser it says where its page comes from."""

    rest: Rest
    cookie: str = ""
    csrf_token: str = ""

    def _headers(self, headers: dict) -> dict:
        origin = f"https://{self.rest.address}"
        shown = {"Cookie": self.cookie, "X_CSRF_Token": self.csrf_token, "Origin": origin, **headers}
        return {name: value for name, value in shown.items() if value}

    def send(self, method: str, path: str, body=None, **headers: str) -> Answer:
        answer = self.rest.send(method, path, body, **self._headers(headers))
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = cookie.split(";")[0]
        if answer.status == 200:
            me = answer.json.get("me") or answer.json
            self.csrf_token = me.get("csrfToken", self.csrf_token)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body=None, **headers: str) -> Answer:
        return self.send("POST", path, {} if body is None else body, **headers)

    def login(self, email: str, password: str = PASSWORD, second_factor: str = "") -> Answer:
        return self.post("/v1/users:login", {"email": email, "password": password, "secondFactor": second_factor})


def new_address() -> str:
    return f"{shop.unique('user')}@shop.example".lower()


def sign_up(server, mail, password: str = PASSWORD) -> str:
    """The address of a new account, made as people make one."""
    address = new_address()
    nobody = server.rest("")
    nobody.post("/v1/users:register", {"email": address, "password": password, "displayName": "Ann"}).ok()
    nobody.post("/v1/users:verifyEmail", {"token": mail.token(address), "password": password}).ok()
    return address


def insert_user(user_id: str, address: str) -> str:
    """The statement that makes an account nobody can sign in to: for tests without a mail server."""
    columns = "(tenant_id, user_id, email, display_name, password_hash, created_at, updated_at)"
    return f"insert into identity.users {columns} values (0, {user_id}, '{address}', '', '$argon2id$', now(), now())"


def totp(secret: str, now: float | None = None) -> str:
    """What an authenticator app shows for the secret; RFC 6238 as the platform uses it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int((time.time() if now is None else now) // 30)
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1000000:06}"


def browser(server) -> Browser:
    return Browser(server.rest(""))


def signed_in(server, address: str) -> Browser:
    one = browser(server)
    one.login(address).ok()
    return one


def everything(answer: Answer) -> str:
    """Status, headers and body, for comparing two answers byte by byte."""
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in ("date", "traceparent")]
    return json.dumps([answer.status, headers, answer.body.decode()])
