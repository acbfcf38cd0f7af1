"""Each mistake in the configuration: one clear line on stderr, an exit code that is not 0, within 5 seconds."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time

import pytest
from harness import ROOT, binary, wait
from harness.relay import Relay
from harness.server import LOOPBACK, Server
from harness.stack import CONFIG

LIMIT_S = 5
NO_FILES = {"TLS_CERT_PATH": "none.pem", "TLS_KEY_PATH": "none.pem"}


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sb-config.") as name:
        yield pathlib.Path(name)


@pytest.fixture(scope="module")
def database(stack):
    return stack.migrated_database()


@pytest.fixture
def run_to_failure(stack, database):
    """Starts the program, which must end soon, by itself and with an error; its lines on stderr."""

    def run(
        config: pathlib.Path = CONFIG, prefix: tuple = (), program: str = "controlplane", **settings: str
    ) -> list[str]:
        env = {**stack.server_env(database), **LOOPBACK, **settings}
        began = time.monotonic()
        done = subprocess.run(
            [*prefix, binary(program), "--config", config],
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S * 3,
        )
        assert done.returncode > 0, done
        assert time.monotonic() - began < LIMIT_S
        for secret in (stack.env["DATABASE_PASSWORD"], stack.env["SECRET_AES"], stack.env["REDIS_PASSWORD"]):
            assert secret not in done.stderr + done.stdout
        lines = done.stderr.strip().splitlines()
        name = pathlib.Path(program).name
        assert all(line.startswith((f"{name}: ", "{")) for line in lines), lines  # "{": the log
        return lines

    return run


@pytest.fixture
def fail(run_to_failure):
    """As run_to_failure, where one line says it all: that line."""

    def fail(*args, **settings) -> str:
        lines = run_to_failure(*args, **settings)
        assert len(lines) == 1, lines
        return lines[0]

    return fail


def spoil(folder: pathlib.Path, old: str, new: str) -> pathlib.Path:
    """A copy of config.yaml with one change."""
    text = CONFIG.read_text()
    assert old in text
    path = folder / "config.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def line_of(path: pathlib.Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("  DBNAME:", "  DBNMAE:", ["DATABASE.DBNMAE", "DATABASE.DBNAME"]),
        ("APP_ENV:", "APP_EVN:", ["APP_EVN", "APP_ENV"]),
        ("  PORT: 5432", "  PORT: five", ["DATABASE.PORT", "five"]),
        ("  PORT: 5432", "  PORT: 99999", ["DATABASE.PORT", "99999"]),
        ("  PORT: 5432", "  PORT: [1, 2]", ["DATABASE.PORT"]),
        ("  SSLMODE: prefer", "  SSLMODE: maybe", ["DATABASE.SSLMODE", "maybe", "require"]),
        ("    MAX_OPEN_CONNS: 16", "    MAX_OPEN_CONNS: 0", ["MAX_OPEN_CONNS"]),
        ("  ADDR: 127.0.0.1:8080", "  READ_TIMEOUT: 3 parsecs", ["HTTP_SERVER.READ_TIMEOUT", "parsecs"]),
        ("  ADDR: 127.0.0.1:8080", "  READ_TIMEOUT: -5s", ["HTTP_SERVER.READ_TIMEOUT", "-5s"]),
        ("  ADDR: 127.0.0.1:8080", "  IDLE_TIMEOUT: 10", ["HTTP_SERVER.IDLE_TIMEOUT", "10"]),
    ],
)
def test_MistakeInTheFileNamesFileLineAndKey(fail, folder, old, new, words):
    path = spoil(folder, old, new)
    line = fail(path)
    assert f"config.yaml:{line_of(path, new.strip())}" in line
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"DATABASE_PORT": "abc"}, ["DATABASE_PORT", "abc"]),
        ({"HTTP_SERVER_READ_TIMEOUT": "soon"}, ["HTTP_SERVER_READ_TIMEOUT", "soon"]),
        ({"HTTP_SERVER_TLS_ENABLE": "perhaps"}, ["HTTP_SERVER_TLS_ENABLE", "perhaps"]),
        ({"HTTP_SERVER_ADDR": "nowhere"}, ["HTTP_SERVER_ADDR", "nowhere"]),
        ({"SECRET_AES": "short"}, ["SECRET_AES"]),
        ({"SECRET_AES": ""}, ["SECRET_AES"]),
    ],
)
def test_MistakeInTheEnvironmentNamesTheVariable(fail, settings, words):
    line = fail(**settings)
    assert all(word in line for word in words), line
    assert "short" not in line or "SECRET_AES" not in settings


def test_MissingFile(fail, folder):
    assert str(folder / "none.yaml") in fail(folder / "none.yaml")


@pytest.mark.parametrize("text", ["a: [", "\t- x", "just text", "APP_ENV: a\nAPP_ENV: b\n", "\xff"])
def test_FileThatIsNotYaml(fail, folder, text):
    path = folder / "config.yaml"
    path.write_bytes(text.encode("latin-1"))
    assert "config.yaml" in fail(path)


@pytest.mark.parametrize("missing", ["TLS_CERT_PATH", "TLS_KEY_PATH"])
def test_TlsWithoutACertificate(fail, folder, missing):
    paths = {"TLS_CERT_PATH": str(folder / "no-cert.pem"), "TLS_KEY_PATH": str(folder / "no-key.pem")}
    line = fail(HTTP_SERVER_TLS_ENABLE="true", **paths)
    assert "TLS" in line and "no-" in line
    del paths[missing]
    assert "TLS" in fail(HTTP_SERVER_TLS_ENABLE="true", **paths)


def privileged_port() -> int | None:
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return first - 1 if first > 1 else None


@pytest.mark.parametrize("server", ["HTTP_SERVER", "GRPC_SERVER"])
def test_PrivilegedPort(fail, server):
    port = privileged_port()
    if port is None:
        pytest.skip("every port is unprivileged on this machine")
    # Root without the one right by which it could bind the port.
    prefix = ("setpriv", "--bounding-set=-net_bind_service", "--") if os.geteuid() == 0 else ()
    line = fail(prefix=prefix, **{f"{server}_ADDR": f"127.0.0.1:{port}"})
    assert server in line and str(port) in line and "ermission" in line


@pytest.mark.parametrize("server", ["HTTP_SERVER", "GRPC_SERVER"])
def test_PortInUse(fail, server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fail(**{f"{server}_ADDR": f"127.0.0.1:{port}"})
    assert server in line and str(port) in line and "in use" in line


def test_UnreachableDatabase(fail):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    line = fail(DATABASE_PORT=str(port))
    assert "127.0.0.1" in line and str(port) in line and "refused" in line


@pytest.mark.parametrize(
    "settings, what, where",
    [
        ({"DATABASE_PASSWORD": "wrong"}, "cannot reach PostgreSQL", "building db::Pool"),
        ({"SECRET_AES": "short"}, "environment SECRET_AES", "building crypto::Keyring"),
        ({"HTTP_SERVER_TLS_ENABLE": "true", **NO_FILES}, "TLS.CERT_PATH", "starting servers"),
    ],
)
def test_LineBeginsWithWhatCanBeMendedAndEndsWithWhereItWasSeen(fail, settings, what, where):
    line = fail(**settings)
    assert line.startswith(f"controlplane: {what}"), line
    assert line.endswith("]") and where in line.rpartition("[")[2], line


def test_ProgramCallsItselfByItsName(run_to_failure, folder):
    """Under another name, as a service of its own would have it."""
    (folder / "ledger").symlink_to(binary("controlplane"))
    (line,) = run_to_failure(folder / "none.yaml", program=str(folder / "ledger"))
    assert "none.yaml" in line


def test_UnresolvableDatabaseHost(fail):
    assert "no-such-host.invalid" in fail(DATABASE_HOST="no-such-host.invalid")


def test_DatabaseWithoutTls(fail):
    assert "SSL" in fail(DATABASE_SSLMODE="require")


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"DATABASE_PASSWORD": "wrong"}, ["password", "smallbiznis_app"]),
        ({"DATABASE_USER": "nobody_known"}, ["nobody_known"]),
        ({"DATABASE_DBNAME": "not_there"}, ["not_there"]),
    ],
)
def test_DatabaseThatRefuses(fail, settings, words):
    line = fail(**settings)
    assert all(word in line for word in words), line


def test_SchemaBehindNamesTheMissingFile(fail, stack):
    line = fail(DATABASE_DBNAME=stack.create_database())
    assert ".sql" in line and "migrat" in line


def test_SchemaAheadNamesTheUnknownFile(fail, stack):
    database = stack.migrated_database()
    stack.psql(
        "insert into migrate.applied (room, number, file, checksum) "
        "values ('tenant', 9999, 'services/tenant/migrations/9999_later.sql', repeat('0', 64))",
        database=database,
    )
    assert "services/tenant/migrations/9999_later.sql" in fail(DATABASE_DBNAME=database)


def test_ChangedMigrationIsNamed(fail, stack):
    database = stack.migrated_database()
    stack.psql(
        "update migrate.applied set checksum = repeat('0', 64) where room = 'tenant' and number = 1", database=database
    )
    assert "services/tenant/migrations/0001" in fail(DATABASE_DBNAME=database)


def test_MigrateTellsItsMistakesToo(fail, folder):
    assert str(folder / "none.yaml") in fail(folder / "none.yaml", program="migrate")
    assert "password" in fail(program="migrate", DATABASE_PASSWORD="wrong")


def test_MigrateWaitsForADatabaseThatIsStillStarting(stack):
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    relay.play_starting(True)
    env = {**stack.owner_env(stack.create_database()), "DATABASE_PORT": str(relay.port)}
    migrate = subprocess.Popen(
        [binary("migrate"), "--config", CONFIG],
        cwd=ROOT,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert "waiting for the database" in migrate.stderr.readline()
        relay.play_starting(False)
        said, _ = migrate.communicate(timeout=LIMIT_S)
        assert migrate.returncode == 0 and "applied services/tenant/migrations/0001" in said
    finally:
        migrate.kill()
        relay.close()


def test_MigratesWaitingIsBounded(run_to_failure, stack):
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    relay.play_starting(True)
    try:
        *waiting, last = run_to_failure(
            program="migrate", DATABASE_PORT=str(relay.port), DATABASE_STARTUP_TIMEOUT="1s"
        )
    finally:
        relay.close()
    assert waiting and "starting up" in last and str(relay.port) in last


def test_DatabaseThatIsStillStartingIsWaitedFor(stack, database):
    """The stand-in answers the start-up packet with SQLSTATE 57P03 at first, then is the real PostgreSQL."""
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    relay.play_starting(True)
    server = Server(stack, database, DATABASE_PORT=str(relay.port)).launch()
    try:
        wait.until(lambda: "starting" in server.log(), "says that it waits", LIMIT_S)
        assert server.exited() is None
        relay.play_starting(False)
        wait.until(server._is_ready, "serves", LIMIT_S)
        assert server.rest("").get("/readyz").status == 200
    finally:
        server.remove()
        relay.close()


def test_WaitingForTheDatabaseIsBounded(run_to_failure, stack):
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    relay.play_starting(True)
    try:
        *waiting, last = run_to_failure(DATABASE_PORT=str(relay.port), DATABASE_STARTUP_TIMEOUT="1s")
    finally:
        relay.close()
    assert waiting and all("starting" in line for line in waiting)
    assert "starting up" in last and str(relay.port) in last


def test_SigtermWhileWaitingEndsTheProgram(stack, database):
    relay = Relay(int(stack.env["DATABASE_PORT"]))
    relay.play_starting(True)
    server = Server(stack, database, DATABASE_PORT=str(relay.port)).launch()
    try:
        wait.until(lambda: "starting" in server.log(), "says that it waits", LIMIT_S)
        server.terminate()
        server.wait(1)
    finally:
        server.remove()
        relay.close()


def test_PrintConfigHidesSecrets(stack, database):
    done = subprocess.run(
        [binary("controlplane"), "--config", CONFIG, "--print-config"],
        cwd=ROOT,
        text=True,
        env=stack.server_env(database),
        capture_output=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0 and "***" in done.stdout
    for secret in (stack.env["DATABASE_PASSWORD"], stack.env["SECRET_AES"], stack.env["REDIS_PASSWORD"]):
        assert secret not in done.stdout
    assert stack.env["DATABASE_PORT"] in done.stdout
