"""Hostile and foreign names are stored byte for byte or refused with the field named; never a 5xx."""

import json

import pytest
from harness import contracts, shop

NAMES = {
    "indonesian": "Warung Bu Sri — ‘Enak Tenan’",
    "arabic": "متجر الأُسرة",
    "arabic with marks": "\u200fمَتجر\u200f",
    "chinese": "小店老王",
    "japanese": "ラーメン一番",
    "emoji": "🍜 Mie 👨‍👩‍👧‍👦 🇮🇩",
    "decomposed": "Cafe\u0301",
    "composed": "Caf\u00e9",
    "sql": "'; DROP TABLE tenant.tenants; --",
    "sql comment": "x' OR '1'='1' /* \\' */",
    "dollar": "$1 $$ $tag$ {tenant_id}",
    "html": '<script>alert("x")</script>&amp;<img src=x onerror=alert(1)>',
    "format": "%s %n %x {} {0} ${jndi:ldap://x}",
    "path": "../../../../etc/passwd",
    "backslash": "a\\b\\\\c\\u0000",
    "quotes": "\"'`´",
    "spaces inside": "a  b\u3000c",
    "astral": "\U0001f3ea\U00020000",
    "noncharacter": "a\uffff\U0010ffff",
    "200 characters": "ж" * 200,
    "200 emoji": "🍜" * 200,
    "empty": "",
    "blank": "   ",
    "ideographic blank": "\u3000",
    "10000 characters": "n" * 10_000,
    "10000 emoji": "🍜" * 10_000,
    "201 characters": "é" * 201,
    "nul": "a\0b",
    "newline": "a\nb",
    "escape": "\x1b[31mred",
    "delete": "a\x7fb",
    "right to left override": "abc\u202edef",
    "zero width": "a\u200bb",
}
MUST_STORE = (
    "indonesian",
    "arabic",
    "chinese",
    "japanese",
    "emoji",
    "sql",
    "sql comment",
    "dollar",
    "html",
    "format",
    "path",
    "backslash",
    "quotes",
    "200 characters",
    "200 emoji",
    "composed",
    "decomposed",
)
MUST_REFUSE = ("empty", "10000 characters", "10000 emoji", "201 characters", "nul")


def check_stored(server, slug: str, name: str, stored: str):
    assert stored.encode() == name.encode()
    rows = server.rows(
        f"select encode(convert_to(name, 'UTF8'), 'hex') as hex from tenant.tenants where slug = '{slug}'"
    )
    assert [row["hex"] for row in rows] == [name.encode().hex()]


@pytest.mark.parametrize("kind", NAMES)
def test_NameOverRest(rest, server, kind):
    draft = shop.draft(name=NAMES[kind])
    answer = rest.post("/v1/tenants", draft)
    if answer.status == 200:
        assert kind not in MUST_REFUSE
        check_stored(server, draft["slug"], NAMES[kind], answer.json["tenant"]["name"])
        assert rest.get(f"/v1/tenants/{answer.json['tenant']['tenantId']}").ok() == answer.json["tenant"]
    else:
        assert kind not in MUST_STORE, answer.body
        assert (answer.status, answer.fields) == (400, ["name"])


@pytest.mark.parametrize("kind", NAMES)
def test_NameOverGrpc(grpc, server, kind):
    draft = shop.draft(name=NAMES[kind])
    answer = grpc.send("TenantService.CreateTenant", draft)
    if answer.code == "OK":
        assert kind not in MUST_REFUSE
        check_stored(server, draft["slug"], NAMES[kind], answer.message.tenant.name)
    else:
        assert kind not in MUST_STORE, answer.details
        assert (answer.code, answer.fields) == ("INVALID_ARGUMENT", ["name"])


@pytest.mark.parametrize("kind", NAMES)
def test_SlugFromTheName(rest, kind):
    """Without a slug: one is made, or a field is named that the caller can give."""
    answer = rest.post("/v1/tenants", shop.draft(name=NAMES[kind], slug=""))
    if answer.status == 200:
        assert answer.json["tenant"]["slug"].isascii()
    else:
        assert answer.status == 400 and answer.fields in (["name"], ["slug"]), answer.body


@pytest.mark.parametrize("kind", NAMES)
def test_NameAsASearchAndAsASlug(rest, grpc, kind):
    found = grpc.send("TenantService.ListTenants", {"filter": {"nameContains": NAMES[kind]}})
    assert found.code == "OK" or (found.code, found.fields) == ("INVALID_ARGUMENT", ["filter.name_contains"])
    if kind in MUST_STORE:
        assert found.code == "OK"
    if NAMES[kind]:
        slug = rest.post("/v1/tenants", shop.draft(slug=NAMES[kind]))
        assert (slug.status, slug.fields) == (400, ["slug"]), slug.body


INVALID_UTF8 = [
    b"\xff",
    b"\xc3",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\xaf",
    b"a\x80b",
]


@pytest.mark.parametrize("bad", INVALID_UTF8, ids=lambda bad: bad.hex())
def test_InvalidUtf8OverRest(rest, server, bad):
    draft = shop.draft(name="@")
    answer = rest.post("/v1/tenants", json.dumps(draft).encode().replace(b"@", bad))
    assert (answer.status, answer.json["code"]) == (400, 3), answer.body
    assert answer.fields in (["name"], [""])
    assert server.rows(f"select 1 from tenant.tenants where slug = '{draft['slug']}'") == []


@pytest.mark.parametrize("bad", INVALID_UTF8, ids=lambda bad: bad.hex())
def test_InvalidUtf8OverGrpc(grpc, server, bad):
    draft = shop.draft(name="")
    request = (
        contracts.methods()["TenantService.CreateTenant"]
        .request(slug=draft["slug"], country_code="ID", timezone="UTC")
        .SerializeToString()
    )
    answer = grpc.send("TenantService.CreateTenant", b"\x0a" + bytes([len(bad)]) + bad + request)
    assert answer.code == "INVALID_ARGUMENT", answer.details
    assert server.rows(f"select 1 from tenant.tenants where slug = '{draft['slug']}'") == []


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\ud800x", "\\ud83d\\u0041"])
def test_LoneSurrogateEscapeIsRefused(rest, escape):
    body = json.dumps(shop.draft(name="@")).replace("@", escape)
    answer = rest.post("/v1/tenants", body.encode())
    assert answer.status == 400, answer.body


def test_EscapedNameIsTheSameName(rest):
    body = json.dumps(shop.draft(name="🍜 é"), ensure_ascii=True)
    assert rest.post("/v1/tenants", body.encode()).ok()["tenant"]["name"] == "🍜 é"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tenants/%ff",
        "/v1/tenants/%00",
        "/v1/tenants/%f0%9f%8d%9c",
        "/v1/tenants/%27%20or%201=1",
        "/v1/tenants/1%2f2",
        "/v1/tenants?filter.name_contains=%ff",
        "/v1/tenants?filter.name_contains=%00",
        "/v1/tenants?page_token=%ff",
    ],
)
def test_HostilePathsAndQueriesAreTheClientsFault(rest, path):
    answer = rest.get(path)
    assert 400 <= answer.status < 500, (answer.status, answer.body)


@pytest.mark.parametrize(
    "raw", [b"\xff\xff\xff", b"\x0a\x05a", b"\x0a", b"\x08\x96\x01\x0f", b"\x0a\xff\xff\xff\xff\x0f"]
)
def test_BrokenProtobufIsTheClientsFault(grpc, raw):
    assert grpc.send("TenantService.CreateTenant", raw).code == "INVALID_ARGUMENT"
