"""JSON is read strictly; what is wrong is named by its path. (Connect has a whole request: paths start at its top.)"""

import base64
import json

import pytest
from google.rpc import error_details_pb2
from harness import shop

CREATE = "/smallbiznis.tenant.v1.TenantService/CreateTenant"
UPDATE = "/smallbiznis.tenant.v1.TenantService/UpdateTenant"
LIST = "/smallbiznis.tenant.v1.TenantService/ListTenants"


def create_with(text: str) -> str:
    """A good request with more text before its closing brace."""
    return json.dumps(shop.draft())[:-1] + text + "}"


BAD = {
    "duplicate key": (CREATE, create_with(', "name": "again"'), "name"),
    "duplicate by the other spelling": (CREATE, create_with(', "country_code": "SG"'), "country_code"),
    "unknown": (CREATE, create_with(', "nmae": "x"'), "nmae"),
    "unknown nested": (UPDATE, '{"tenant": {"nmae": "x"}}', "tenant.nmae"),
    "unknown in a filter": (LIST, '{"filter": {"state": "ACTIVE"}}', "filter.state"),
    "string is a number": (CREATE, '{"name": 1}', "name"),
    "object for a string": (CREATE, '{"name": {}}', "name"),
    "list for a string": (CREATE, '{"name": ["a"]}', "name"),
    "string for an object": (UPDATE, '{"tenant": "x"}', "tenant"),
    "list for an object": (UPDATE, '{"tenant": []}', "tenant"),
    "object for a list": (LIST, '{"filter": {"states": {}}}', "filter.states"),
    "null in a list": (LIST, '{"filter": {"states": [null]}}', "filter.states[0]"),
    "enum name": (CREATE, '{"type": "SHOP"}', "type"),
    "enum name in a list": (LIST, '{"filter": {"states": ["ACTIVE", "active"]}}', "filter.states[1]"),
    "enum with a fraction": (CREATE, '{"type": 1.5}', "type"),
    "int with a fraction": (LIST, '{"pageSize": 1.5}', "page_size"),
    "int out of range": (LIST, '{"pageSize": 2147483648}', "page_size"),
    "int as a word": (LIST, '{"pageSize": "many"}', "page_size"),
    "bool": (LIST, '{"pageSize": true}', "page_size"),
    "time": (LIST, '{"filter": {"createdFrom": "yesterday"}}', "filter.created_from"),
    "time without a zone": (LIST, '{"filter": {"createdFrom": "2026-01-01T00:00:00"}}', "filter.created_from"),
    "time out of range": (LIST, '{"filter": {"createdFrom": "10000-01-01T00:00:00Z"}}', "filter.created_from"),
    "mask": (UPDATE, '{"tenant": {}, "updateMask": 7}', "update_mask"),
}


@pytest.mark.parametrize("kind", BAD)
def test_FieldAtFaultIsNamed(rest, kind):
    path, body, field = BAD[kind]
    answer = rest.post(path, body.encode())
    assert answer.status == 400, answer.body
    assert answer.json["code"] == "invalid_argument"
    assert field in violations(answer), answer.body


def violations(answer) -> list[str]:
    """The fields named by a Connect error, whose details are base64 without padding."""
    bad_request = error_details_pb2.BadRequest()
    for detail in answer.json["details"]:
        if detail["type"] == "google.rpc.BadRequest":
            bad_request.MergeFromString(base64.b64decode(detail["value"] + "=="))
    return [violation.field for violation in bad_request.field_violations]


NOT_JSON = [
    "",
    "nonsense",
    "{",
    "}",
    '{"name": "x"',
    '{"name": "x"} x',
    '{"name": "x"}{}',
    "[]",
    '"x"',
    "null",
    "1",
    "{'name': 'x'}",
    '{name: "x"}',
    '{"name": "x",}',
    '{"name": "x" /* no */}',
    '{"name": "\t"}',
    '{"name": "\\x41"}',
    '{"name": NaN}',
    "\ufeff{}",
    '{"pageSize": 01}',
    '{"pageSize": +1}',
    '{"pageSize": .5}',
    '{"pageSize": 0x10}',
]


@pytest.mark.parametrize("text", NOT_JSON)
def test_WhatIsNotAJsonObjectIsRefused(rest, text):
    answer = rest.post("/v1/tenants", text.encode())
    assert (answer.status, answer.json["code"]) == (400, 3), answer.body


@pytest.mark.parametrize(
    "body, status",
    [
        ('{"pageSize": "3"}', 200),
        ('{"pageSize": 3.0}', 200),
        ('{"pageSize": 3e0}', 200),
        ('{"page_size": 3}', 200),
        ('{"pageSize": null}', 200),
        ('{"orderBy": 1}', 200),
        ('{"orderBy": "NAME_ASC"}', 200),
        (" \r\n\t{ } ", 200),
        ('{"filter": {"createdFrom": "2026-01-01T00:00:00.123456789+07:00"}}', 200),
        ('{"\\u0070ageSize": 3}', 200),
    ],
)
def test_OtherFormsOfTheSameValueAreAccepted(rest, body, status):
    assert rest.post(LIST, body.encode()).status == status


def test_IntegersOf64BitsAreStrings(rest, shop_a):
    tenant = rest.get(shop_a.path).ok()
    assert tenant["tenantId"].isdigit() and int(tenant["tenantId"]) > 2**40
    steps = rest.get(f"{shop_a.path}/provisioningSteps").ok()["steps"]
    assert steps[0]["attempts"] == 0  # 32 bits: a number


@pytest.mark.parametrize("opening, closing", [('{"filter":', "}"), ("[", "]"), ('{"filter":{"states":[', "]}}")])
def test_DepthHarmsNobody(rest, opening, closing):
    """No request of ours nests deeply, so a deep one is refused for its form, before its depth can do anything."""
    for depth in (63, 65, 100_000):
        answer = rest.post(LIST, (opening * depth + closing * depth).encode())
        assert (answer.status, answer.json["code"]) == (400, "invalid_argument")
        assert len(answer.body) < 4096


@pytest.mark.parametrize(
    "content_type, status",
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("text/plain", 415),
        ("application/xml", 415),
    ],
)
def test_ContentType(rest, content_type, status):
    answer = rest.send("POST", "/v1/tenants", shop.draft(), Content_Type=content_type)
    assert answer.status in (status, 400 if status == 415 else status), answer.body


@pytest.mark.parametrize(
    "query, field",
    [
        ("nope=1", "nope"),
        ("page_size=x", "page_size"),
        ("page_size=1&page_size=2", "page_size"),
        ("filter=1", "filter"),
        ("filter.states=NOPE", "filter.states"),
        ("filter.nope=1", "filter.nope"),
        ("order_by=NOPE", "order_by"),
        ("filter.created_from=x", "filter.created_from"),
        ("page_size=1%202", "page_size"),
    ],
)
def test_QueryParameterAtFaultIsNamed(rest, query, field):
    answer = rest.get(f"/v1/tenants?{query}")
    assert answer.status == 400, answer.body
    assert [name.split("[")[0] for name in answer.fields] == [field]


def test_PathFieldCannotBeGivenAgainInTheBody(rest, shop_a, shop_b):
    answer = rest.post(f"{shop_a.path}:suspend", {"tenantId": shop_b.id, "reason": "x"})
    assert answer.status in (200, 400)
    # Whatever the answer: the path decides.
    assert rest.get(shop_b.path).ok()["state"] == "PROVISIONING"
