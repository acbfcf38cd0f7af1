"""A private PostgreSQL and Redis (tools/stack), and databases in it."""

import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

from harness import ROOT, binary, wait


def config(program: str) -> pathlib.Path:
    """The settings that the program comes with."""
    return ROOT / "cmd" / program / "config.yaml"


CONFIG = config("controlplane")
# What a caller's shell may have set for another stack or another server must not reach ours.
FOREIGN = ("ASYNQ_", "DATABASE_", "REDIS_", "HTTP_SERVER_", "GRPC_SERVER_", "SB_STACK_", "SECRET_AES", "STACK_", "TLS_", "PG")

PREFIX = "e2e_"  # of databases, before their number


def clean_environment() -> dict:
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


class Stack:
    """Made by start(); stop() ends the servers and deletes the folder."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.env: dict = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._template = ""

    @classmethod
    def start(cls, fast: bool = True) -> "Stack":
        stack = cls(pathlib.Path(tempfile.mkdtemp(prefix="sb-stack.")))
        try:
            stack.tool("up", *(["--fast"] if fast else []))
            lines = (stack.directory / "env").read_text().splitlines()
            stack.env = dict(line.split("=", 1) for line in lines if "=" in line)
        except BaseException:
            stack.stop()
            raise
        return stack

    def stop(self):
        self.kill_postgres()  # nothing that it could still write is wanted
        self.tool("down", "--wipe", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def tool(self, command: str, *args: str, check: bool = True) -> str:
        done = subprocess.run(
            [ROOT / "tools" / "stack", command, "--dir", self.directory, *args],
            cwd=ROOT,
            text=True,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"tools/stack {command}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def server_env(self, database: str) -> dict:
        """What `tools/stack env` gives a server, for one database. Who shares it shares a database of Redis."""
        mine = {name: value for name, value in self.env.items() if not name.startswith("SB_STACK_")}
        redis_db = database.removeprefix(PREFIX) if database.startswith(PREFIX) else "0"
        return {**clean_environment(), **mine, "DATABASE_DBNAME": database, "REDIS_DB": redis_db}

    def owner_env(self, database: str) -> dict:
        return {
            **self.server_env(database),
            "DATABASE_USER": "smallbiznis_owner",
            "DATABASE_PASSWORD": self.env["SB_STACK_OWNER_PASSWORD"],
        }

    def kill_postgres(self):
        """SIGQUIT to the postmaster: all of it ends at once, without a checkpoint. Legal when it does not run."""
        try:
            pid = int((self.directory / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGQUIT)
        except (OSError, ValueError, IndexError):
            return
        # Ended and perhaps not yet waited for: it has no executable any more.
        wait.until(lambda: not _executable(pid), "PostgreSQL has ended", 30)

    # Databases.

    def create_database(self, template: str = "template0") -> str:
        with self._lock:
            name = f"{PREFIX}{next(self._numbers)}"
            self.psql(f"create database {name} owner smallbiznis_owner template {template}", database="postgres")
        return name

    def migrated_database(self) -> str:
        """A fresh database with the schema of this build. The migrations run once; the rest are copies."""
        if not self._template:
            template = self.create_database()
            self.migrate(template)
            self._template = template
        return self.create_database(self._template)

    def migrate(self, database: str):
        done = subprocess.run(
            [binary("migrate"), "--config", CONFIG],
            cwd=ROOT,
            env=self.owner_env(database),
            text=True,
            capture_output=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"migrate: {done.stderr.strip() or done.stdout.strip()}")

    def _psql(self, database: str, role: str) -> tuple[list[str], dict]:
        """The command line and environment of a psql."""
        passwords = {
            "admin": self.env["SB_STACK_ADMIN_PASSWORD"],
            "owner": self.env["SB_STACK_OWNER_PASSWORD"],
            "app": self.env["DATABASE_PASSWORD"],
        }
        env = {
            **clean_environment(),
            "PGHOST": "127.0.0.1",
            "PGPORT": self.env["DATABASE_PORT"],
            "PGUSER": f"smallbiznis_{role}",
            "PGPASSWORD": passwords[role],
            "PGDATABASE": database,
        }
        return ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse"], env

    @contextlib.contextmanager
    def locked(self, table: str, database: str):
        """Nobody else reads or writes the table meanwhile: they wait."""
        args, env = self._psql(database, "admin")
        with subprocess.Popen(args, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as psql:
            psql.stdin.write(f"begin; lock table {table}; select 'locked';\n")
            psql.stdin.flush()
            assert psql.stdout.readline() == "locked\n"
            yield
            psql.stdin.close()

    def psql(self, *commands: str, database: str, role: str = "admin") -> str:
        """Runs each command; what they print. `admin` sees every row, `app` what row-level security lets it."""
        args, env = self._psql(database, role)
        done = subprocess.run(
            [*args, *itertools.chain(*(("-c", command) for command in commands))],
            env=env,
            text=True,
            capture_output=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def rows(self, query: str, *, database: str, role: str = "admin", settings: dict | None = None) -> list[dict]:
        """The rows of one query; `settings` are made in the session before it."""
        prelude = [f"set {name} = '{value}'" for name, value in (settings or {}).items()]
        query = f"select coalesce(json_agg(to_json(result_row)), '[]') from ({query}) result_row"
        return json.loads(self.psql(*prelude, query, database=database, role=role))


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""
