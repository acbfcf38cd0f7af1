"""REST and gRPC clients that show everything an answer holds. Each REST request is a connection of its own."""

import dataclasses
import http.client
import json
import socket
import ssl

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from harness import contracts


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def _detail(self, kind: str) -> dict:
        details = self.json.get("details", [])
        return next((detail for detail in details if detail["@type"].endswith("." + kind)), {})

    @property
    def reason(self) -> str:
        return self._detail("ErrorInfo").get("reason", "")

    @property
    def fields(self) -> list[str]:
        return [violation["field"] for violation in self._detail("BadRequest").get("fieldViolations", [])]

    def ok(self) -> dict:
        assert self.status == 200, f"{self.status} {self.body[:2000]!r}"
        return self.json


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Rest:
    """`address` is "host:port" or "unix:/path". Thread-safe."""

    def __init__(self, address: str, key: str = "", tls: ssl.SSLContext | None = None, timeout_s: float = 30):
        self.address, self.key, self._tls, self._timeout_s = address, key, tls, timeout_s

    def connect(self) -> http.client.HTTPConnection:
        if self.address.startswith("unix:"):
            return _UnixConnection(self.address.removeprefix("unix:"), self._timeout_s)
        if self._tls:
            return http.client.HTTPSConnection(self.address, timeout=self._timeout_s, context=self._tls)
        return http.client.HTTPConnection(self.address, timeout=self._timeout_s)

    def send(self, method: str, path: str, body=None, **headers: str) -> Answer:
        """`body` is JSON as a dict or raw bytes. `idempotency_key="x"` is the header Idempotency-Key."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body=None, **headers: str) -> Answer:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body=None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)


@dataclasses.dataclass
class RpcAnswer:
    message: object  # None unless code is OK
    code: str  # "OK", "NOT_FOUND"
    details: str
    metadata: dict  # initial and trailing; values as sent

    def _detail(self, kind: type):
        status = status_pb2.Status.FromString(self.metadata.get("grpc-status-details-bin", b""))
        found = kind()
        for detail in status.details:
            if detail.Unpack(found):
                return found
        return kind()

    @property
    def reason(self) -> str:
        return self._detail(error_details_pb2.ErrorInfo).reason

    @property
    def fields(self) -> list[str]:
        return [violation.field for violation in self._detail(error_details_pb2.BadRequest).field_violations]

    def ok(self):
        assert self.code == "OK", f"{self.code}: {self.details}"
        return self.message


class Grpc:
    """Thread-safe. Close it, or use it in a `with`."""

    def __init__(self, address: str, key: str = "", credentials: grpc.ChannelCredentials | None = None):
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", 16 << 20)]
        if credentials:
            self._channel = grpc.secure_channel(address, credentials, options)
        else:
            self._channel = grpc.insecure_channel(address, options)
        self._key = key

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self._channel.close()

    def send(self, method: str, request=None, timeout_s: float = 30, **metadata: str) -> RpcAnswer:
        """`method` as "TenantService.GetTenant"; `request` a message, its JSON as a dict, or raw bytes."""
        contract = contracts.methods()[method]
        if request is None or isinstance(request, dict):
            request = json_format.ParseDict(request or {}, contract.request())
        if not isinstance(request, bytes):
            request = request.SerializeToString()
        sent = {name.replace("_", "-"): value for name, value in metadata.items()}
        if self._key:
            sent.setdefault("authorization", f"Bearer {self._key}")
        stub = self._channel.unary_unary(contract.path, lambda raw: raw, contract.response.FromString)
        try:
            message, call = stub.with_call(request, timeout=timeout_s, metadata=list(sent.items()))
            return RpcAnswer(message, "OK", "", _metadata(call))
        except grpc.RpcError as error:
            return RpcAnswer(None, error.code().name, error.details() or "", _metadata(error))

    def call(self, method: str, request=None, **metadata: str):
        """The answer's message; an AssertionError when it is an error."""
        return self.send(method, request, **metadata).ok()


def _metadata(call) -> dict:
    return {key: value for key, value in [*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())]}
