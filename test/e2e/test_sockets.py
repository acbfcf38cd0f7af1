"""TLS and Unix sockets on both servers."""

import pathlib
import socket
import ssl
import subprocess
import tempfile

import grpc as grpc_library
import pytest
from harness import shop
from harness.clients import Grpc, Rest


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="sb-tls.") as name:
        yield pathlib.Path(name)


@pytest.fixture(scope="module")
def secure(start, folder):
    """A server with TLS and Unix sockets; its certificate is for localhost and 127.0.0.1."""
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            folder / "key.pem",
            "-out",
            folder / "cert.pem",
        ],
        check=True,
        capture_output=True,
    )
    return start(
        HTTP_SERVER_TLS_ENABLE="true",
        GRPC_SERVER_TLS_ENABLE="true",
        TLS_CERT_PATH=str(folder / "cert.pem"),
        TLS_KEY_PATH=str(folder / "key.pem"),
        HTTP_SERVER_UNIX_SOCKET=str(folder / "http.sock"),
        GRPC_SERVER_UNIX_SOCKET=str(folder / "grpc.sock"),
    )


@pytest.fixture(scope="module")
def trust(secure, folder):
    return ssl.create_default_context(cafile=folder / "cert.pem")


def test_RestOverTls(secure, trust):
    rest = Rest(secure.http_address, secure.seed["platform_key"], trust)
    made = shop.create(rest)
    assert Rest(secure.http_address, made.secret, trust).get(made.path).ok() == made.tenant


def test_GrpcOverTls(secure, folder):
    credentials = grpc_library.ssl_channel_credentials((folder / "cert.pem").read_bytes())
    with Grpc(secure.grpc_address, secure.seed["platform_key"], credentials) as client:
        assert client.call("TenantService.CreateTenant", shop.draft()).api_key_secret


def test_OldTlsIsRefused(secure, folder):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        Rest(secure.http_address, "", old).get("/healthz")


def test_PlainTextOnATlsPortHarmsNobody(secure, trust):
    for address in (secure.http_address, secure.grpc_address):
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 10) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            try:
                assert b"200" not in plain.recv(100)
            except ConnectionResetError:
                pass
    assert Rest(secure.http_address, "", trust).get("/healthz").status == 200


def test_RestOverAUnixSocket(secure, folder):
    made = shop.create(Rest(f"unix:{folder / 'http.sock'}", secure.seed["platform_key"]))
    assert made.tenant["state"] == "PROVISIONING"


def test_GrpcOverAUnixSocket(secure, folder):
    with Grpc(f"unix:{folder / 'grpc.sock'}", secure.seed["platform_key"]) as client:
        assert client.call("TenantService.CreateTenant", shop.draft()).api_key_secret


def test_SocketsAreGoneAfterwards(start, folder):
    paths = [folder / "a.sock", folder / "b.sock"]
    server = start(HTTP_SERVER_UNIX_SOCKET=str(paths[0]), GRPC_SERVER_UNIX_SOCKET=str(paths[1]))
    assert all(path.is_socket() for path in paths)
    assert server.stop() == 0
    assert not any(path.exists() for path in paths)


def test_SocketOfAKilledServerIsTakenOver(start, folder):
    path = folder / "again.sock"
    first = start(HTTP_SERVER_UNIX_SOCKET=str(path))
    first.kill()
    assert path.is_socket()
    start(database=first.database, HTTP_SERVER_UNIX_SOCKET=str(path))
    assert Rest(f"unix:{path}").get("/healthz").status == 200
