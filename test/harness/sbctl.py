"""The operator's command line, run as a user runs it."""

import dataclasses
import json
import os
import pty
import subprocess

from harness import ROOT, binary
from harness.stack import clean_environment


@dataclasses.dataclass
class Done:
    code: int
    out: str
    err: str

    def ok(self) -> str:
        assert self.code == 0, f"{self.code} {self.err}"
        return self.out

    @property
    def json(self) -> dict:
        return json.loads(self.ok())


class Sbctl:
    """Asks the HTTP server at `address` with `key`."""

    def __init__(self, address: str, key: str):
        plain = {name: value for name, value in clean_environment().items() if not name.startswith("SBCTL_")}
        self.env = {**plain, "SBCTL_ADDR": address, "SBCTL_KEY": key}

    def __call__(self, *words: str, env: dict | None = None) -> Done:
        done = subprocess.run(
            [binary("sbctl"), *words],
            cwd=ROOT,
            env=self.env if env is None else env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def at_terminal(self, *words: str, typed: str = "") -> Done:
        """At a terminal, where `typed` is entered; what it shows, answers and errors together, is `out`."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [binary("sbctl"), *words], cwd=ROOT, env=self.env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # so ends a terminal whose program has gone
            pass
        os.close(ours)
        return Done(process.wait(60), shown.decode().replace("\r\n", "\n"), "")
