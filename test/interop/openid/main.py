"""People sign in to the control plane by oidc-provider, through its own pages: what is asked of both sides, a row each."""

import html
import http.cookiejar
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from harness import openid, people, shop, wait  # noqa: E402
from harness.mail import MailServer  # noqa: E402
from harness.server import Server, WORKING  # noqa: E402
from harness.stack import Stack  # noqa: E402

SECRET = "of the client: 7 %+&"


class Peer:
    """The provider's process."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path):
        self.ca = folder / "ca.pem"
        openid.make_certificate(folder)
        command = ["node", "provider.js", self.ca, folder / "key.pem", openid.CLIENT_ID, SECRET, openid.REDIRECT]
        self._process = subprocess.Popen(
            command, cwd=program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.issuer = f"https://localhost:{int(self._read())}"

    def _read(self) -> str:
        """The next line that is none of its warnings."""
        while line := self._process.stdout.readline():
            if re.fullmatch(r"\d+|ok", line.strip()):
                return line
        raise AssertionError("the provider has ended")

    def tell(self, command: str):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        self._read()

    def stop(self):
        self._process.stdin.close()
        self._process.wait(10)


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Person:
    """Fills in the provider's pages."""

    def __init__(self, peer: Peer, name: str):
        self.name = name
        context = ssl.create_default_context(cafile=str(peer.ca))
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            _Stays,
        )

    def authorize(self, url: str) -> dict:
        """What the browser comes back with."""
        form = None
        for _ in range(20):
            if url.startswith(openid.REDIRECT):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
                return {name: query[name][0] for name in ("code", "state")}
            try:
                with self._opener.open(url, form) as page:
                    text = page.read().decode()
                fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', text))
                fields |= {"login": self.name, "password": "x"} if fields["prompt"] == "login" else {}
                url = html.unescape(re.search(r'<form[^>]*action="([^"]+)"', text)[1])
                form = urllib.parse.urlencode(fields).encode()
            except urllib.error.HTTPError as answer:
                assert answer.code in (302, 303), f"{answer.code} {answer.read()[:2000]}"
                url, form = urllib.parse.urljoin(url, answer.headers["Location"]), None
        raise AssertionError("the provider does not send the browser back")


class Rows:
    """Each takes the same server and provider; the last one changes the provider's keys."""

    def __init__(self, server: Server, peer: Peer, mail: MailServer):
        self.server, self.peer, self.mail = server, peer, mail

    def _name(self, kind: str = "p") -> str:
        return shop.unique(kind).lower()

    def _sign_in(self, name: str):
        browser = openid.Browser(self.server)
        return browser, browser.finish(Person(self.peer, name).authorize(browser.start()))

    def a_new_account_and_its_address_from_user_info(self):
        name = self._name()
        browser, answer = self._sign_in(name)
        user = answer.ok()["me"]["user"]
        assert (user["email"], user["displayName"]) == (f"{name}@shop.example", f"Name of {name}"), user
        assert browser.get("/v1/me").ok()["user"] == user
        assert self._sign_in(name)[1].ok()["me"]["user"] == user

    def an_address_that_is_not_verified(self):
        assert self._sign_in(self._name("unverified"))[1].reason == "EXTERNAL_EMAIL_UNVERIFIED"

    def an_account_that_is_linked_by_its_owner(self):
        address, name = people.sign_up(self.server, self.mail), self._name()
        owner = openid.Browser(self.server)
        owner.login(address).ok()
        url = owner.post("/v1/me/externalIdentities:startLink", {"password": people.PASSWORD}).ok()["authorizationUrl"]
        owner.post("/v1/me/externalIdentities:finishLink", Person(self.peer, name).authorize(url)).ok()
        assert self._sign_in(name)[1].ok()["me"]["user"]["email"] == address

    def a_code_that_was_used(self):
        browser = openid.Browser(self.server)
        returned = Person(self.peer, self._name()).authorize(browser.start())
        flow = browser.jar["_SID_FLOW"]
        browser.finish(returned).ok()
        browser.jar["_SID_FLOW"] = flow
        assert browser.finish(returned).reason == "CODE_REFUSED"

    def a_code_of_another_browser(self):
        victim, thief = openid.Browser(self.server), openid.Browser(self.server)
        stolen = Person(self.peer, self._name()).authorize(victim.start())["code"]
        state = Person(self.peer, self._name()).authorize(thief.start())["state"]
        assert thief.finish({"code": stolen, "state": state}).reason == "CODE_REFUSED", "PKCE"

    def a_code_that_has_expired(self):
        self.peer.tell("codes 1")
        browser = openid.Browser(self.server)
        returned = Person(self.peer, self._name()).authorize(browser.start())
        over = time.monotonic() + 2.1
        wait.until(lambda: time.monotonic() > over, "the code has expired", 5, 0.1)
        assert browser.finish(returned).reason == "CODE_REFUSED"
        self.peer.tell("codes 60")

    def tokens_by_PS256(self):
        self.peer.tell("sign PS256")
        self._sign_in(self._name())[1].ok()

    def tokens_by_ES256(self):
        self.peer.tell("sign ES256")
        self._sign_in(self._name())[1].ok()

    def tokens_by_HS256(self):
        self.peer.tell("sign HS256")
        assert self._sign_in(self._name())[1].reason == "ALGORITHM_REFUSED"

    def tokens_by_EdDSA(self):
        self.peer.tell("sign EdDSA")
        assert self._sign_in(self._name())[1].reason == "ALGORITHM_REFUSED"

    def keys_that_were_rotated(self):
        self.peer.tell("sign RS256")
        self._sign_in(self._name())[1].ok()
        self.peer.tell("rotate")
        self._sign_in(self._name())[1].ok()


def run(rows: Rows) -> int:
    failed = 0
    for name, row in ((name, getattr(rows, name)) for name in vars(Rows) if not name.startswith("_")):
        if os.environ.get("ROW", "") not in name:
            continue
        try:
            row()
            print(f"ok      {name.replace('_', ' ')}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {name.replace('_', ' ')}: {error}", flush=True)
    print(f"openid: {failed} rows failed" if failed else "openid: every row holds")
    return 1 if failed else 0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="sb-interop.") as folder:
        peer = Peer(pathlib.Path(sys.argv[1]), pathlib.Path(folder))
        mail, stack = MailServer(), Stack.start()
        settings = {
            **openid.settings(peer.issuer, peer.ca, SECRET), **WORKING, **mail.settings, "PASSWORD_MEMORY_KIB": "8"
        }
        server = Server(stack, **settings)
        try:
            server.start()
            return run(Rows(server, peer, mail))
        finally:
            server.remove()
            stack.stop()
            mail.stop()
            peer.stop()


if __name__ == "__main__":
    sys.exit(main())
