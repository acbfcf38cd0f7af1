"""HTTP/1.1 as bytes, for what a well-behaved client never sends."""

import http.client
import socket

from harness.clients import Answer


class Wire:
    """One connection. Use it in a `with`."""

    def __init__(self, address: str, timeout_s: float = 10):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout_s)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._file.close()
        self._socket.close()

    def write(self, data: bytes):
        self._socket.sendall(data)

    def finish_writing(self):
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, to_head: bool = False) -> Answer:
        """The next answer."""
        line = self._file.readline().decode()
        if not line:
            raise ConnectionError("closed")
        headers = http.client.parse_headers(self._file)
        status = int(line.split()[1])
        bodiless = to_head or status in (204, 304) or status < 200
        length = 0 if bodiless else int(headers["content-length"])
        body = self._file.read(length)
        if len(body) != length:
            raise ConnectionError("closed within a body")
        return Answer(status, headers, body)

    def is_closed(self) -> bool:
        """Waits for more bytes; true when the server has closed instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def ask(self, data: bytes) -> Answer:
        self.write(data)
        return self.read()


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One request as bytes; a body gets its length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
