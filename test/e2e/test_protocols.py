"""GetTenant over every protocol gives one answer; errors come in each protocol's own form."""

import base64
import struct

import grpc as grpc_library
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2
from harness import contracts

GET = "TenantService.GetTenant"


@pytest.fixture(scope="module")
def method():
    return contracts.methods()[GET]


@pytest.fixture
def own(server, shop_a):
    """REST with the tenant's own key."""
    return server.rest(shop_a.secret)


def grpc_web(client, path: str, message: bytes, text: bool = False, **headers: str):
    """A unary gRPC-Web call: HTTP answer, message frames, trailers."""
    frame = b"\0" + struct.pack("!I", len(message)) + message
    kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
    body = base64.b64encode(frame) if text else frame
    answer = client.send("POST", path, body, Content_Type=kind, **headers)
    rest = base64.b64decode(answer.body) if text else answer.body
    messages, trailers = [], {}
    while rest:
        flags, (length,) = rest[0], struct.unpack("!I", rest[1:5])
        part, rest = rest[5 : 5 + length], rest[5 + length :]
        if flags & 0x80:
            trailers = dict(
                line.split(": ", 1) if ": " in line else line.split(":", 1)
                for line in part.decode().strip().split("\r\n")
            )
        else:
            messages.append(part)
    return answer, messages, trailers


def test_OneAnswerOverEveryProtocol(own, server, shop_a, method):
    request = method.request(tenant_id=shop_a.id)
    rest = own.get(shop_a.path).ok()
    assert rest == shop_a.tenant
    with server.grpc(shop_a.secret) as client:
        message = client.call(GET, request)
    assert json_format.MessageToDict(message, always_print_fields_with_no_presence=True) == rest

    assert own.post(method.path, {"tenantId": shop_a.id}).ok() == rest
    assert own.post(method.path, {"tenant_id": shop_a.id}, Connect_Protocol_Version="1").ok() == rest
    proto = own.send("POST", method.path, request.SerializeToString(), Content_Type="application/proto")
    assert (proto.status, proto.headers["content-type"]) == (200, "application/proto")
    assert method.response.FromString(proto.body) == message
    for text in (False, True):
        answer, messages, trailers = grpc_web(own, method.path, request.SerializeToString(), text)
        assert answer.status == 200 and answer.headers["content-type"].startswith("application/grpc-web")
        assert trailers["grpc-status"] == "0"
        assert [method.response.FromString(each) for each in messages] == [message]


def test_ErrorInEachProtocolsForm(own, server, method):
    rest = own.get("/v1/tenants/12345")
    assert (rest.status, rest.json["code"], rest.reason) == (404, 5, "TENANT_NOT_FOUND")
    connect = own.post(method.path, {"tenantId": "12345"})
    assert (connect.status, connect.json["code"], connect.json["message"]) == (404, "not_found", rest.json["message"])
    details = {detail["type"]: base64.b64decode(detail["value"] + "==") for detail in connect.json["details"]}
    info = error_details_pb2.ErrorInfo.FromString(details["google.rpc.ErrorInfo"])
    assert (info.reason, info.domain) == ("TENANT_NOT_FOUND", "smallbiznis")
    answer, messages, trailers = grpc_web(own, method.path, method.request(tenant_id="12345").SerializeToString())
    # An error without a message may come in the headers alone.
    status = trailers.get("grpc-status") or answer.headers["grpc-status"]
    assert (answer.status, messages, status) == (200, [], "5")
    with server.grpc(own.key) as client:
        over_grpc = client.send(GET, {"tenantId": "12345"})
    assert (over_grpc.code, over_grpc.reason) == ("NOT_FOUND", "TENANT_NOT_FOUND")
    assert over_grpc.details == rest.json["message"]


def test_ErrorInfoHasTheHousesDomain(own):
    info = own.get("/v1/tenants/12345")._detail("ErrorInfo")
    assert info["domain"] == "smallbiznis"


@pytest.mark.parametrize("authorization", ["", "Basic dTpw", "Bearer", "Bearer x", "bearer  x"])
def test_OtherCredentialsAreUnauthenticatedEverywhere(server, shop_a, method, authorization):
    nobody = server.rest("")
    headers = {"Authorization": authorization} if authorization else {}
    rest = nobody.get(shop_a.path, **headers)
    assert (rest.status, rest.json["code"]) == (401, 16)
    assert "bearer" in rest.headers.get("www-authenticate", "bearer").lower()
    assert nobody.post(method.path, {"tenantId": shop_a.id}, **headers).json["code"] == "unauthenticated"
    with server.grpc("") as client:
        metadata = {"authorization": authorization} if authorization else {}
        assert client.send(GET, {"tenantId": shop_a.id}, **metadata).code == "UNAUTHENTICATED"


def test_IdentityNeverComesFromAPlainHeader(server, shop_a):
    answer = server.rest("").get(
        f"{shop_a.path}?tenant_id={shop_a.id}&key={shop_a.secret}",
        X_Tenant_Id=shop_a.id,
        X_Api_Key=shop_a.secret,
        X_User="admin",
        X_Forwarded_User="admin",
    )
    assert answer.status in (400, 401)


def test_UnknownRpc(own, server):
    path = "/smallbiznis.tenant.v1.TenantService/Nothing"
    assert own.post(path, {}).status == 404
    channel = grpc_library.insecure_channel(server.grpc_address)
    with channel, pytest.raises(grpc_library.RpcError) as error:
        channel.unary_unary(path)(b"", timeout=10)
    assert error.value.code().name == "UNIMPLEMENTED"


@pytest.mark.parametrize("version, status", [("1", 200), ("2", 400)])
def test_ConnectProtocolVersion(own, shop_a, method, version, status):
    assert own.post(method.path, {"tenantId": shop_a.id}, Connect_Protocol_Version=version).status == status


def test_GrpcDeadline(server, shop_a):
    with server.stack.locked("tenant.tenants", server.database), server.grpc(shop_a.secret) as client:
        assert client.send(GET, {"tenantId": shop_a.id}, timeout_s=0.3).code == "DEADLINE_EXCEEDED"


def test_GrpcHealthAndReflection(server):
    with grpc_library.insecure_channel(server.grpc_address) as channel:
        # health.v1: HealthCheckRequest{} -> HealthCheckResponse{status: SERVING}
        assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10) == b"\x08\x01"
        # reflection.v1: ServerReflectionRequest{list_services: "*"}
        ask = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        listed = next(ask(iter([b"\x3a\x01*"]), timeout=10))
    for service in {name.split(".")[0] for name in contracts.methods()}:
        assert service.encode() in listed
