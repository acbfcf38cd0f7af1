"""One RPC over each protocol, with everything that its answer holds as bytes: for tests that compare answers."""

import dataclasses
import json
import re
import urllib.parse

from google.protobuf import json_format

from harness import contracts
from harness.server import Server

UNLIKE = {"date", "traceparent"}  # headers that differ between any two answers
PROTOCOLS = ("REST", "Connect", "gRPC")
CODES = (
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
    "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
    "UNAUTHENTICATED"
).split()


@dataclasses.dataclass(frozen=True)
class Outcome:
    code: str  # "NOT_FOUND", whatever the protocol calls it
    reason: str
    seen: bytes  # headers, trailers and body


class Caller:
    """Somebody with a key ("": nobody) who calls RPCs of `server`. Close it, or use it in a `with`."""

    def __init__(self, server: Server, key: str, **headers: str):
        """`headers` go with every call: those of a session instead of a key."""
        self._rest, self._grpc, self._headers = server.rest(key), server.grpc(key), headers

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._grpc.close()

    def send(self, protocol: str, method: contracts.Method, request, **headers: str) -> Outcome:
        headers = {"x_request_id": "fixed", **self._headers, **headers}
        return {"REST": self._over_rest, "Connect": self._over_connect, "gRPC": self._over_grpc}[protocol](
            method, request, headers
        )

    def _over_grpc(self, method, request, headers) -> Outcome:
        answer = self._grpc.send(method.name, request, **headers)
        kept = sorted((name, value) for name, value in answer.metadata.items() if name not in UNLIKE)
        return Outcome(answer.code, answer.reason, f"{answer.code} {answer.details} {answer.message} {kept}".encode())

    def _over_connect(self, method, request, headers) -> Outcome:
        answer = self._rest.post(method.path, natural(request), **headers)
        code = "OK" if answer.status == 200 else _json(answer).get("code", "unknown").upper()
        return Outcome(code, "", _seen(answer))

    def _over_rest(self, method, request, headers) -> Outcome:
        path, body = rest_form(method, request)
        answer = self._rest.send(method.http_method, path, body, **headers)
        code = "OK" if answer.status == 200 else CODES[_json(answer).get("code", 2)]
        return Outcome(code, answer.reason if code != "OK" and _json(answer) else "", _seen(answer))


def natural(message) -> dict:
    """The message's JSON form; protobuf's own converter does not know that of a JsonObject."""
    return _with_objects(json_format.MessageToDict(message), message.DESCRIPTOR)


def _with_objects(form: dict, descriptor) -> dict:
    for field in descriptor.fields:
        of = field.message_type
        if of is None or field.json_name not in form or of.full_name.startswith("google.") or of.GetOptions().map_entry:
            continue
        value = form[field.json_name]
        if of.full_name == "smallbiznis.rpc.v1.JsonObject":
            form[field.json_name] = json.loads(value.get("json") or "{}")
        else:
            for each in value if isinstance(value, list) else [value]:
                _with_objects(each, of)
    return form


def rest_form(method: contracts.Method, request) -> tuple[str, dict | None]:
    """Path with query, and body, by the RPC's google.api.http rule."""
    variables = re.findall(r"\{([a-z_.]+)\}", method.http_path)
    path = re.sub(
        r"\{([a-z_.]+)\}", lambda match: urllib.parse.quote(_field(request, match[1]), safe=""), method.http_path
    )
    rest = natural(request)
    for name in variables:
        _take(rest, name)
    if method.http_body:
        body = rest if method.http_body == "*" else rest.get(_camel(method.http_body), {})
        return path, body
    query = urllib.parse.urlencode(list(_flat(rest)), doseq=True)
    return f"{path}?{query}" if query else path, None


def _field(message, path: str) -> str:
    for name in path.split("."):
        message = getattr(message, name)
    return message


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


def _take(rest: dict, path: str):
    *outer, last = map(_camel, path.split("."))
    for name in outer:
        rest = rest.get(name, {})
    rest.pop(last, None)


def _flat(rest: dict, prefix: str = ""):
    for name, value in rest.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _json(answer) -> dict:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seen(answer) -> bytes:
    kept = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in UNLIKE]
    return b"\n".join([str(answer.status).encode(), *(line.encode() for line in kept), answer.body])
