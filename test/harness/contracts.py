"""The RPCs of api/**.proto: message classes, policies and HTTP bindings, generated afresh in each run."""

import atexit
import dataclasses
import functools
import importlib
import pathlib
import shutil
import site
import sys
import tempfile

import grpc_tools
from google.api import annotations_pb2
from google.protobuf import descriptor_pool, message_factory
from grpc_tools import protoc

from harness import ROOT


@dataclasses.dataclass(frozen=True)
class Method:
    name: str  # "TenantService.GetTenant"
    path: str  # "/smallbiznis.tenant.v1.TenantService/GetTenant"
    request: type
    response: type
    permission: str
    scope: str  # "PUBLIC", "TENANT" or "PLATFORM"
    effect: str  # "READ", "MUTATE" or "OWN"
    http_method: str  # "GET"
    http_path: str  # "/v1/tenants/{tenant_id}"
    http_body: str  # "", "*" or a field


def _generate() -> list[str]:
    out = pathlib.Path(tempfile.mkdtemp(prefix="sb-proto."))
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    api = ROOT / "api"
    files = sorted(str(path.relative_to(api)) for path in (api / "smallbiznis").rglob("*.proto"))
    packages = next(path for path in site.getsitepackages() if (pathlib.Path(path) / "google/api/http.proto").exists())
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    code = protoc.main(["protoc", f"-I{api}", f"-I{well_known}", f"-I{packages}", f"--python_out={out}", *files])
    if code != 0:
        raise RuntimeError("protoc failed")
    sys.path.insert(0, str(out))
    importlib.invalidate_caches()
    return files


def _binding(method) -> tuple[str, str, str]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern") or ""
    return verb.upper(), getattr(rule, verb) if verb else "", rule.body


@functools.cache
def methods() -> dict[str, Method]:
    """Every RPC by its short name."""
    modules = [importlib.import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2") for file in _generate()]
    policy_module = next(module for module in modules if hasattr(module, "MethodPolicy"))
    found = {}
    for service in (service for module in modules for service in module.DESCRIPTOR.services_by_name.values()):
        for method in service.methods:
            policy = method.GetOptions().Extensions[policy_module.policy]
            verb, path, body = _binding(method)
            name = f"{service.name}.{method.name}"
            found[name] = Method(
                name=name,
                path=f"/{service.full_name}/{method.name}",
                request=message_factory.GetMessageClass(method.input_type),
                response=message_factory.GetMessageClass(method.output_type),
                permission=policy.permission,
                scope=policy_module.Scope.Name(policy.scope).removeprefix("SCOPE_"),
                effect=policy_module.Effect.Name(policy.effect).removeprefix("EFFECT_"),
                http_method=verb,
                http_path=path,
                http_body=body,
            )
    return found


def message_class(full_name: str) -> type:
    methods()
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full_name))
