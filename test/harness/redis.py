"""A private Redis that keeps nothing, and a client for it."""

import shutil
import socket
import subprocess
import tempfile
import threading

from harness import wait


class RedisError(Exception):
    """What Redis answered instead."""


class Redis:
    """Runs redis-server on a free port of the loopback as soon as it is made; stop() ends it. Thread-safe."""

    def __init__(self, *options: str):
        self.folder = tempfile.mkdtemp(prefix="sb-redis.")
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        plain = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["redis-server", *plain, "--dir", self.folder, "--loglevel", "warning", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait.until(self._connect, "Redis answers")
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict:
        """Of a server that uses it."""
        return {"REDIS_ADDR": self.address, "REDIS_PASSWORD": "", "REDIS_DB": "0"}

    def stop(self):
        if self._connection:
            self._connection.close()
        self._process.terminate()
        self._process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError("redis-server ended before it answered")
        try:
            self._connection = Connection(self.port)
        except ConnectionRefusedError:
            return False
        return True

    def __call__(self, *words):
        """One command. Its reply: str, int, None or a list of them; bytes that are not UTF-8 become surrogates."""
        return self.pipeline([words])[0]

    def pipeline(self, commands: list[tuple]) -> list:
        with self._lock:
            return self._connection.pipeline(commands)

    def info(self, section: str) -> dict[str, str]:
        lines = self("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


class Connection:
    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._reader = self._socket.makefile("rb")

    def close(self):
        self._reader.close()
        self._socket.close()

    def pipeline(self, commands: list[tuple]) -> list:
        self._socket.sendall(b"".join(_encode(words) for words in commands))
        replies = [self._read() for _ in commands]
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
        return replies

    def _read(self):
        line = self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode()
        match kind:
            case b"+":
                return rest
            case b"-":
                return RedisError(rest)
            case b":":
                return int(rest)
            case b"$":
                return None if rest == "-1" else self._reader.read(int(rest) + 2)[:-2].decode(errors="surrogateescape")
            case b"*":
                return None if rest == "-1" else [self._read() for _ in range(int(rest))]
        raise ConnectionError(f"Redis sent {line!r}")


def _encode(words: tuple) -> bytes:
    parts = [_bytes(word) for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def _bytes(word) -> bytes:
    return word if isinstance(word, bytes) else str(word).encode(errors="surrogateescape")
