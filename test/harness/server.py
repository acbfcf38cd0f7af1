"""One process of the control plane, or of another program of the platform."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness import ROOT, binary, wait
from harness.clients import Grpc, Rest
from harness.stack import Stack, config

LOOPBACK = {"HTTP_SERVER_ADDR": "127.0.0.1:0", "GRPC_SERVER_ADDR": "127.0.0.1:0"}
# Nothing works on the queues, so a tenant stays as a test has made it; and settings of a server that does.
STILL = {"ASYNQ_WORKER_COUNT": "0"}
WORKING = {"ASYNQ_WORKER_COUNT": "10"}


class Server:
    """start() returns when it serves. Keyword arguments are configuration keys as in the environment."""

    def __init__(
        self, stack: Stack, database: str = "", args: tuple = (), program: str = "controlplane", **settings: str
    ):
        self.stack = stack
        self._program = program
        self.database = database or stack.migrated_database()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sb-server."))
        self.log_path = self.folder / "log"
        self.http_address = self.grpc_address = ""
        self.seed: dict = {}
        self._args = args
        self._env = {**stack.server_env(self.database), **LOOPBACK, **STILL, **settings}
        self._process: subprocess.Popen | None = None

    def launch(self) -> "Server":
        """Starts the process and does not wait for it."""
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        command = [binary(self._program), "--config", config(self._program), "--ready-file", ready]
        if self._program == "controlplane":
            command += ["--seed-file", self.folder / "seed"]
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._args], cwd=ROOT, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def start(self, timeout_s: float = 20) -> "Server":
        self.launch()
        try:
            wait.until(self._is_ready, "the server is ready", timeout_s, 0.002)
        except BaseException as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()[-3000:]}") from error
        return self

    def _is_ready(self) -> bool:
        if self.exited() is not None:
            raise AssertionError(f"the server ended with code {self.exited()}")
        try:
            ready = json.loads((self.folder / "ready").read_text())
        except (OSError, ValueError):
            return False
        if ready["pid"] != self.pid:
            raise AssertionError(f"the ready file names process {ready['pid']}, not {self.pid}")
        self.http_address, self.grpc_address = ready["http"], ready["grpc"]
        if (self.folder / "seed").exists():
            self.seed = json.loads((self.folder / "seed").read_text())
        return True

    @property
    def pid(self) -> int:
        return self._process.pid

    def setting(self, name: str) -> str:
        """As it was started with: "SESSION_TYPE"."""
        return self._env[name]

    def exited(self) -> int | None:
        return self._process.poll()

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(timeout_s)

    def stop(self) -> int:
        """SIGTERM; the exit code. Killed after 15 seconds. Legal twice."""
        if self._process is None:
            return 0
        if self.exited() is None:
            self.terminate()
        try:
            return self.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not end within 15 s of SIGTERM") from None

    def kill(self):
        if self._process is not None and self.exited() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait(10)

    def remove(self):
        """Ends the process in any case and deletes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self) -> list[dict]:
        """The lines of the log that are JSON objects."""
        lines = []
        for line in self.log().split("\n"):
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
        return [line for line in lines if isinstance(line, dict)]

    # Clients. No key given: the platform administrator's; "" is nobody.

    def rest(self, key: str | None = None) -> Rest:
        return Rest(self.http_address, self.seed["platform_key"] if key is None else key)

    def grpc(self, key: str | None = None) -> Grpc:
        return Grpc(self.grpc_address, self.seed["platform_key"] if key is None else key)

    # Its database.

    def rows(self, query: str, **options) -> list[dict]:
        return self.stack.rows(query, database=self.database, **options)

    @contextlib.contextmanager
    def refusing_audit(self, requests: str = "", sqlstate: str = "42501"):
        """Meanwhile PostgreSQL refuses each row of the audit trail of a request whose id begins so, with this error."""
        refused = f"if starts_with(new.request_id, '{requests}') then raise exception 'planted' using errcode = '{sqlstate}'; end if"
        self.stack.psql(
            f"create function public.refuse() returns trigger language plpgsql as $$ begin {refused}; return new; end $$",
            "create trigger refuse before insert on audit.events for each row execute function public.refuse()",
            database=self.database,
        )
        try:
            yield
        finally:
            self.stack.psql("drop function public.refuse cascade", database=self.database)

    def tables(self) -> list[str]:
        """Every table of ours, "schema.name"."""
        return [
            row["name"]
            for row in self.rows(
                "select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n "
                "on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)'"
            )
        ]

    def tenant_tables(self) -> list[str]:
        """Those with a tenant_id."""
        return [
            row["name"]
            for row in self.rows(
                "select attrelid::regclass::text as name from pg_attribute where attname = 'tenant_id' and attrelid in "
                f"(select t::regclass from unnest(array{self.tables()}) t)"
            )
        ]

    def dump(self, tables: list[str], where: str = "true") -> str:
        """The rows of these tables as text, in one order, but for when a key was last used: a refused call is a use."""
        queries = (f"select '{table} ' || (to_jsonb(t) - 'last_used_at')::text as row from {table} t where {where}" for table in tables)
        return "\n".join(sorted(row["row"] for row in self.rows(" union all ".join(queries))))
