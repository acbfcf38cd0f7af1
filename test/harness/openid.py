"""An OpenID Connect provider that says whatever a test wants, and the browsers that are sent to it."""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import secrets
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from harness import people

CLIENT_ID, CLIENT_SECRET, REDIRECT = "platform", "planted Kq3:secret", "https://console.example/signed-in"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def make_certificate(folder: pathlib.Path):
    """key.pem, and ca.pem: a certificate of localhost by itself."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split()
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "ca.pem"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def settings(issuer: str, ca: pathlib.Path, client_secret: str) -> dict:
    """Of a server whose users sign in with this provider on the loopback."""
    return {
        "OPENID_ISSUER": issuer,
        "OPENID_CLIENT_ID": CLIENT_ID,
        "OPENID_CLIENT_SECRET": client_secret,
        "OPENID_REDIRECT_URL": REDIRECT,
        "OPENID_CA_PATH": str(ca),
        "OPENID_PRIVATE_ADDRESSES": "true",
    }


class Key:
    """Signs by `algorithm`, and is published under its `kid`."""

    def __init__(self, kid: str, algorithm: str = "RS256"):
        self.kid, self.algorithm = kid, algorithm
        if algorithm == "ES256":
            self._key = ec.generate_private_key(ec.SECP256R1())
        else:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def published(self) -> dict:
        numbers = self._key.public_key().public_numbers()
        if self.algorithm == "ES256":
            point = {"x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
            return {"kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", **point}
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": number(numbers.n), "e": number(numbers.e)}

    def sign(self, data: bytes) -> bytes:
        if self.algorithm == "ES256":
            r, s = utils.decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.algorithm == "PS256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self._key.sign(data, pss, hashes.SHA256())
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def token(self, claims: dict, header: dict | None = None, signature=None) -> str:
        """`signature` makes one of the signed text instead of this key."""
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **(header or {})}
        parts = [json.dumps({name: value for name, value in each.items() if value is not None}) for each in (head, claims)]
        signed = ".".join(b64(part.encode()) for part in parts)
        return f"{signed}.{b64((signature or self.sign)(signed.encode()))}"


class Provider:
    """Serves HTTPS on a free port of localhost until `stop`. A code is good once unless `reusable`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sb-openid."))
        self.key = Key("k1")
        self.published = [self.key]
        self.codes: dict[str, dict] = {}  # what each was asked with, and whose it is
        self.requests: list[str] = []
        self.reusable = False
        self.claims: dict = {}  # over those of a right token; None leaves one out
        self.make = lambda claims: self.key.token(claims)
        self.userinfo: dict = {}
        self.discovery: dict = {}
        self.status = 200
        make_certificate(self.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "ca.pem", self.folder / "key.pem")
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.issuer = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict:
        """Of a server that lets its users sign in here."""
        return settings(self.issuer, self.folder / "ca.pem", CLIENT_SECRET)

    def be_right(self):
        """As it was made, but for its key."""
        self.reusable, self.claims, self.userinfo, self.discovery, self.status = False, {}, {}, {}, 200
        self.make = lambda claims: self.key.token(claims)

    def authorize(self, url: str, subject: str, **claims) -> dict:
        """Signs `subject` in: what the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256", asked
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT)
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(24)
        self.codes[code] = {**asked, "sub": subject, "claims": claims}
        return {"code": code, "state": asked["state"]}

    def redeem(self, form: dict, authorization: str) -> tuple[int, dict]:
        basic = base64.b64encode(f"{CLIENT_ID}:planted%20Kq3%3Asecret".encode()).decode()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.get(form.get("code", ""))
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or form.get("redirect_uri") != REDIRECT:
            return 400, {"error": "invalid_grant"}
        if not self.reusable:
            del self.codes[form["code"]]
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": asked["sub"], "nonce": asked["nonce"], "iat": now, "exp": now + 300}
        return 200, {"id_token": self.make({**claims, **asked["claims"], **self.claims}), "access_token": asked["sub"]}

    def answer(self, method: str, path: str, form: dict, authorization: str) -> tuple[int, dict]:
        self.requests.append(path)
        if self.status != 200:
            return self.status, {}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                **self.discovery,
            }
        if path == "/jwks":
            return 200, {"keys": [key.published for key in self.published]}
        if path == "/token" and method == "POST":
            return self.redeem(form, authorization)
        if path == "/userinfo":
            return 200, {"sub": authorization.removeprefix("Bearer "), **self.userinfo}
        return 404, {}

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _handler(provider: Provider):
    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, document = provider.answer(self.command, self.path, form, self.headers.get("Authorization", ""))
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer

        def log_message(self, *_):
            pass

    return Handler


class Browser(people.Browser):
    """Keeps every cookie, and its way through a sign-in."""

    def __init__(self, server):
        super().__init__(server.rest(""))
        self.jar: dict[str, str] = {}

    def send(self, method: str, path: str, body=None, **headers: str):
        self.cookie = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = super().send(method, path, body, **headers)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.jar[name] = value
            if not value:
                del self.jar[name]
        return answer

    def start(self) -> str:
        return self.post("/v1/externalSignIn:start").ok()["authorizationUrl"]

    def finish(self, returned: dict):
        return self.post("/v1/externalSignIn:finish", returned)

    def sign_in(self, provider: Provider, subject: str, **claims):
        return self.finish(provider.authorize(self.start(), subject, **claims))

    def link(self, provider: Provider, subject: str, password: str = people.PASSWORD, **claims):
        url = self.post("/v1/me/externalIdentities:startLink", {"password": password}).ok()["authorizationUrl"]
        return self.post("/v1/me/externalIdentities:finishLink", provider.authorize(url, subject, **claims))


def hmac_with(secret: bytes):
    return lambda data: hmac.digest(secret, data, "sha256")
