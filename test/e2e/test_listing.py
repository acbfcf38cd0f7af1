"""ListTenants: filters, order, and page tokens that cannot be bent. On a server of their own."""

import base64
import datetime

import pytest
from harness import shop
from harness.server import Server

TOTAL = 23


@pytest.fixture(scope="module")
def own(start) -> Server:
    server = start()
    rest = server.rest()
    for number in range(TOTAL):
        shop.create(
            rest,
            name=f"Lapak {number:02} {'Ä' if number % 2 else 'ä'}",
            countryCode="ID" if number % 3 else "SG",
            type="COMPANY" if number % 5 else "PERSONAL",
        )
    return server


def query(own: Server, text: str = "", **fields):
    parameters = "&".join([text, *(f"{name}={value}" for name, value in fields.items())])
    return own.rest().get(f"/v1/tenants?filter.name_contains=lapak&{parameters}")


def pages(own: Server, text: str) -> list[dict]:
    """Everything, by following the page tokens."""
    found, token = [], ""
    while True:
        answer = query(own, text, page_token=token).ok()
        found += answer["tenants"]
        token = answer["nextPageToken"]
        if not token:
            return found
        assert answer["tenants"], "an empty page that is not the last"
        assert len(found) <= TOTAL


def names(own: Server, text: str = "") -> list[str]:
    return [tenant["name"][6:8] for tenant in query(own, text).ok()["tenants"]]


NUMBERS = [f"{number:02}" for number in range(TOTAL)]


@pytest.mark.parametrize(
    "order, expected",
    [
        ("", NUMBERS[::-1]),
        ("order_by=CREATE_TIME_DESC", NUMBERS[::-1]),
        ("order_by=CREATE_TIME_ASC", NUMBERS),
        ("order_by=NAME_ASC", NUMBERS),
        ("order_by=NAME_DESC", NUMBERS[::-1]),
    ],
)
def test_Order(own, order, expected):
    assert names(own, order) == expected
    assert [tenant["name"][6:8] for tenant in pages(own, f"{order}&page_size=4")] == expected


@pytest.mark.parametrize("size", [1, 7, TOTAL - 1, TOTAL, TOTAL + 1])
def test_PagesGiveEachTenantExactlyOnce(own, size):
    ids = [tenant["tenantId"] for tenant in pages(own, f"page_size={size}")]
    assert len(ids) == len(set(ids)) == TOTAL


def test_PagesAreWholeWhileOthersCreate(own):
    first = query(own, "page_size=10&order_by=CREATE_TIME_DESC").ok()
    shop.create(own.rest(), name="Newcomer")
    rest = query(own, "page_size=1000&order_by=CREATE_TIME_DESC", page_token=first["nextPageToken"])
    # The size may change from page to page; filter and order may not.
    ids = [tenant["tenantId"] for tenant in first["tenants"] + rest.ok()["tenants"]]
    assert len(ids) == len(set(ids)) == TOTAL


@pytest.mark.parametrize(
    "filter, expected",
    [
        ("filter.country_code=SG", [n for i, n in enumerate(NUMBERS) if i % 3 == 0]),
        ("filter.type=PERSONAL", [n for i, n in enumerate(NUMBERS) if i % 5 == 0]),
        ("filter.type=PERSONAL&filter.country_code=SG", ["00", "15"]),
        ("filter.states=PROVISIONING", NUMBERS),
        ("filter.states=ACTIVE", []),
        ("filter.states=ACTIVE&filter.states=PROVISIONING", NUMBERS),
        ("filter.countryCode=SG&filter.type=2", ["00", "15"]),
        ("filter.created_before=2001-01-01T00:00:00Z", []),
        ("filter.created_from=2001-01-01T00:00:00Z", NUMBERS),
    ],
)
def test_Filter(own, filter, expected):
    assert names(own, f"order_by=CREATE_TIME_ASC&{filter}") == expected


@pytest.mark.parametrize(
    "needle, count", [("LAPAK%201", 10), ("%C3%A4", TOTAL), ("%25", 0), ("_apak", 0), ("%5C", 0), ("'", 0)]
)
def test_NameContainsIgnoresCaseAndHasNoWildcards(own, needle, count):
    answer = own.rest().get(f"/v1/tenants?filter.name_contains={needle}&page_size=1000").ok()
    assert sum("Lapak" in tenant["name"] for tenant in answer["tenants"]) == count


def test_CreateTimeBoundsAreFromInclusiveBeforeExclusive(own):
    middle = query(own, "order_by=CREATE_TIME_ASC").ok()["tenants"][10]["createTime"]
    assert names(own, f"order_by=CREATE_TIME_ASC&filter.created_from={middle}") == NUMBERS[10:]
    assert names(own, f"order_by=CREATE_TIME_ASC&filter.created_before={middle}") == NUMBERS[:10]


def token(own: Server) -> str:
    return query(own, "page_size=5").ok()["nextPageToken"]


def tampered(good: str) -> list[str]:
    raw = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4))
    flipped = [bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]]) for at in (0, len(raw) // 2, len(raw) - 1)]
    encoded = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (*flipped, raw[:-1], raw + b"\0")]
    return [*encoded, "x", "%00", "1", "a" * 5000]


def test_TamperedTokenIsRefused(own):
    good = token(own)
    assert query(own, "page_size=5", page_token=good).status == 200
    for bad in tampered(good):
        answer = query(own, "page_size=5", page_token=bad)
        assert (answer.status, answer.fields) == (400, ["page_token"]), bad


@pytest.mark.parametrize(
    "other",
    [
        "filter.type=PERSONAL",
        "filter.country_code=SG",
        "filter.states=ACTIVE",
        "order_by=NAME_ASC",
        "filter.created_from=2001-01-01T00:00:00Z",
    ],
)
def test_TokenOfAnotherFilterOrOrderIsRefused(own, other):
    answer = query(own, f"page_size=5&{other}", page_token=token(own))
    assert (answer.status, answer.fields) == (400, ["page_token"])


def test_TokenOfAnotherMethodIsRefused(own):
    made = shop.create(own.rest())
    answer = own.rest().get(f"{made.path}/provisioningSteps?page_token={token(own)}")
    assert (answer.status, answer.fields) == (400, ["page_token"])


def test_StepsArePagedToo(own):
    made = shop.create(own.rest())
    services, next_token = [], ""
    for _ in range(4):
        page = own.rest().get(f"{made.path}/provisioningSteps?page_size=1&page_token={next_token}").ok()
        services += [step["service"] for step in page["steps"]]
        next_token = page["nextPageToken"]
    assert (services, next_token) == (["ledger", "loyalty", "rule", "voucher"], "")


@pytest.mark.parametrize(
    "size, status", [(-1, 400), (0, 200), (1000, 200), (1001, 400), (2**31 - 1, 400), (2**31, 400)]
)
def test_PageSizeBounds(own, size, status):
    answer = query(own, f"page_size={size}")
    assert answer.status == status
    if status == 400:
        assert answer.fields == ["page_size"]


def test_TimesAreRfc3339Utc(own):
    made = query(own, "page_size=1").ok()["tenants"][0]["createTime"]
    assert made.endswith("Z")
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(made)
    assert datetime.timedelta(seconds=-5) < age < datetime.timedelta(minutes=10)
