"""A real SMTP server with a folder of what it took, as the C++ tests use it."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from harness import ROOT, wait


class MailServer:
    """Speaks plain SMTP on a free port of 127.0.0.1; with `login`, a user and a password, TLS. Ends with `stop`."""

    def __init__(self, *login: str):
        self.login = login
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sb-mail."))
        script = ROOT / "pkg/mail/testing/smtp_server.py"
        self._process = subprocess.Popen(
            [sys.executable, script, self.folder, "starttls" if login else "plain", *login], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._process.stdout.readline())

    @property
    def settings(self) -> dict:
        """Of a server that sends its mail here."""
        by_login = dict(zip(("SMTP_USERNAME", "SMTP_PASSWORD"), self.login))
        tls = {"SMTP_TLS": "starttls", "SMTP_CA_PATH": str(self.folder / "ca.pem")} if self.login else {"SMTP_TLS": "none"}
        return {
            **by_login,
            **tls,
            "SMTP_ADDR": f"127.0.0.1:{self.port}",
            "MAIL_FROM_ADDRESS": "no-reply@platform.test",
            "MAIL_LINK_BASE": "https://console.example",
        }

    def to(self, address: str) -> list[dict]:
        """Every message to `address` so far, in order."""
        files = sorted(self.folder.glob("*.json"), key=lambda path: int(path.stem))
        messages = [json.loads(path.read_text()) for path in files]
        return [message for message in messages if message["rcpt_tos"] == [address]]

    def wait_for(self, address: str, count: int = 1) -> list[dict]:
        """The first `count` messages to `address`."""
        return wait.until(lambda: self.to(address)[:count] if len(self.to(address)) >= count else [], f"mail to {address}")

    def token(self, address: str, count: int = 1) -> str:
        """The last token in those messages, of which two that were sent together may come in any order."""
        texts = "".join(message["text"] for message in self.wait_for(address, count))
        return re.findall(r"#token=([A-Za-z0-9_-]+)", texts)[-1]

    def newest_token(self, address: str, known: str = "") -> str:
        """The token of the last letter to them that has one, once it is not `known` any more."""

        def find() -> str:
            texts = "".join(message["text"] for message in self.to(address))
            tokens = re.findall(r"#token=([A-Za-z0-9_-]+)", texts)
            return tokens[-1] if tokens and tokens[-1] != known else ""

        return wait.until(find, f"a token for {address}")

    def stop(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
