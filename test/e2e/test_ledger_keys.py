"""A post sent again under its Idempotency-Key is answered as the first one was, and done once."""

import concurrent.futures

import pytest
from harness import shop, wait
from harness.ledger import Ledger

COPIES = 60


@pytest.fixture
def ledger(server, shop_a) -> Ledger:
    return Ledger.begin(server, shop_a)


def entries(ledger: Ledger) -> int:
    return int(ledger.rest.get(f"{ledger.path}/treeHead").ok()["size"])


def replayed(answer) -> bool:
    return answer.headers["Idempotent-Replayed"] == "true"


def posts(ledger: Ledger) -> dict[str, tuple[str, dict, dict]]:
    """Of each RPC: its path, a request, and the same with another content. Each needs a ledger of its own."""
    ledger.credit("ann", 1000)
    hold = ledger.hold("ann", 5).ok()["holdId"]
    credit = {"memberId": "ann", "direction": "CREDIT", "amount": 3}
    return {
        "AddEntry": ("/entries", credit, credit | {"amount": 4}),
        "Debit": ("/entries", credit | {"direction": "DEBIT"}, credit),
        "AddEntries": ("/entries:batchAdd", {"entries": [credit, credit]}, {"entries": [credit]}),
        "Transfer": ("/transfers", {"fromMemberId": "ann", "toMemberId": "bob", "amount": 1}, {"fromMemberId": "ann", "toMemberId": "bob", "amount": 2}),
        "Hold": ("/holds", {"memberId": "ann", "amount": 2}, {"memberId": "ann", "amount": 1}),
        "Capture": (f"/holds/{hold}:capture", {"amount": 2}, {"amount": 1}),
        "Void": (f"/holds/{hold}:void", {}, None),
        "Revert": ("/entries/1:revert", {"reason": "a"}, {"reason": "b"}),
        "SetFloor": ("/members/ann:setFloor", {"floor": 7}, {"floor": 6}),
        "Close": ("/members/zoe:close", {}, {"forfeit": True}),
    }


NAMES = ["AddEntry", "Debit", "AddEntries", "Transfer", "Hold", "Capture", "Void", "Revert", "SetFloor", "Close"]


@pytest.mark.parametrize("name", NAMES)
def test_TheSameAgainGivesTheFirstAnswerAndAnotherBodyIsRefused(ledger, name):
    path, body, other = posts(ledger)[name]
    if name == "Revert":
        ledger.void("2").ok()  # all of the credit is there
    key = shop.unique("key")
    first = ledger.rest.post(f"{ledger.path}{path}", body, idempotency_key=key)
    assert first.status == 200 and not replayed(first), first.body
    size = entries(ledger)
    for _ in range(2):
        again = ledger.rest.post(f"{ledger.path}{path}", body, idempotency_key=key)
        assert (again.status, again.body, replayed(again)) == (200, first.body, True)
    if other is not None:
        refused = ledger.rest.post(f"{ledger.path}{path}", other, idempotency_key=key)
        assert (refused.status, refused.json["code"], refused.reason) == (409, 6, "IDEMPOTENCY_KEY_REUSED")
    assert entries(ledger) == size
    assert ledger.verify()["intact"]


def test_TheFirstAnswerStaysWhateverHasHappenedSince(ledger):
    ledger.credit("ann", 10)
    key = shop.unique("key")
    hold = ledger.rest.post(f"{ledger.path}/holds", {"memberId": "ann", "amount": 4}, idempotency_key=key).ok()
    assert hold["state"] == "OPEN"
    ledger.capture(hold["holdId"]).ok()
    ledger.debit("ann", 6)
    assert ledger.rest.post(f"{ledger.path}/holds", {"memberId": "ann", "amount": 4}, idempotency_key=key).ok() == hold


def test_ManyCopiesAtOnceMakeOneEntry(server, start, ledger, shop_a):
    """In two processes; without a reference, nothing but the key tells them from each other's."""
    other = Ledger(start(database=server.database, program="ledger").rest(shop_a.secret), shop_a)
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1}
    keys = [shop.unique("key") for _ in range(5)]

    def settled(answer):
        if answer.status == 409 and answer.json["code"] == 10:
            assert answer.reason == "IDEMPOTENCY_KEY_IN_USE", answer.body
            return None
        return answer

    def send(i: int):
        client = (ledger, other)[i % 2]
        key = keys[i // 2 % 5]
        send = lambda: settled(client.rest.post(f"{client.path}/entries", body, idempotency_key=key))  # noqa: E731
        return key, wait.until(send, "not ABORTED", 30).ok()["entryId"]

    with concurrent.futures.ThreadPoolExecutor(COPIES) as pool:
        made = set(pool.map(send, range(5 * COPIES)))
    assert len(made) == 5 and {entry for _, entry in made} == {"1", "2", "3", "4", "5"}
    assert (ledger.balance("ann"), entries(ledger)) == (5, 5)


def test_KeyedAndOthersShareBatches(ledger):
    """What is refused or answered before does not touch its neighbours."""
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1}
    used = shop.unique("key")
    first = ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=used)

    def send(i: int):
        match i % 4:
            case 0:
                return ledger.rest.post(f"{ledger.path}/entries", body)
            case 1:
                return ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=f"{used}-{i}")
            case 2:
                answer = ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=used)
                assert answer.reason == "IDEMPOTENCY_KEY_IN_USE" or answer.body == first.body
                return None
            case _:
                answer = ledger.rest.post(f"{ledger.path}/entries", body | {"amount": 2}, idempotency_key=used)
                assert answer.reason in ("IDEMPOTENCY_KEY_IN_USE", "IDEMPOTENCY_KEY_REUSED")
                return None

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = [answer.ok()["entryId"] for answer in pool.map(send, range(400)) if answer]
    assert sorted(map(int, answers)) == list(range(2, 202))
    assert ledger.balance("ann") == 201
    assert ledger.verify()["intact"]


def test_WhatWasRefusedMaySucceedLaterUnderItsKey(ledger):
    key = shop.unique("key")
    spend = {"memberId": "ann", "direction": "DEBIT", "amount": 5}
    assert ledger.rest.post(f"{ledger.path}/entries", spend, idempotency_key=key).reason == "LEDGER_INSUFFICIENT_BALANCE"
    ledger.credit("ann", 5)
    assert ledger.rest.post(f"{ledger.path}/entries", spend, idempotency_key=key).ok()["sourceBalance"] == "0"


def test_RowsThatWereRefusedStayRefusedUnderTheirKey(ledger):
    key = shop.unique("key")
    spend = {"memberId": "ann", "direction": "DEBIT", "amount": 5}
    rows = {"entries": [spend, {"memberId": "bob", "direction": "CREDIT", "amount": 5}]}
    first = ledger.rest.post(f"{ledger.path}/entries:batchAdd", rows, idempotency_key=key).ok()
    assert [list(result) for result in first["results"]] == [["error"], ["entry"]]
    ledger.credit("ann", 5)
    assert ledger.rest.post(f"{ledger.path}/entries:batchAdd", rows, idempotency_key=key).ok() == first
    assert (ledger.balance("ann"), ledger.balance("bob")) == (5, 5)


def test_AKeyAndAReferenceDoNotMind(ledger):
    key, body = shop.unique("key"), {"memberId": "ann", "direction": "CREDIT", "amount": 1, "referenceId": "r"}
    unkeyed = ledger.rest.post(f"{ledger.path}/entries", body).ok()
    for _ in range(2):
        assert ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=key).ok() == unkeyed
    other = ledger.rest.post(f"{ledger.path}/entries", body | {"referenceId": "s"}, idempotency_key=key)
    assert other.reason == "IDEMPOTENCY_KEY_REUSED"


def test_AKeyBelongsToItsPrincipalMethodAndLedger(server, rest, ledger, shop_a, shop_b):
    theirs, key = Ledger.begin(server, shop_b), shop.unique("key")
    second = server.rest(rest.post(f"{shop_a.path}/apiKeys", {"displayName": "2", "scopes": ["*"]}).ok()["secret"])
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1}
    for client, path in ((rest, ledger.path), (ledger.rest, ledger.path), (second, ledger.path), (rest, theirs.path), (theirs.rest, theirs.path)):
        assert not replayed(client.post(f"{path}/entries", body, idempotency_key=key))
    ledger.rest.post(f"{ledger.path}/holds", {"memberId": "ann", "amount": 1}, idempotency_key=key).ok()
    assert (entries(ledger), entries(theirs)) == (4, 2)


@pytest.mark.parametrize("key", ["k" * 256, "tab\there", "é"])
def test_FormOfAKey(ledger, key):
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1}
    assert ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=key).status == 400
    assert entries(ledger) == 0


def test_StoredAnswersAreSealedAndExpire(server, ledger, shop_a):
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1, "description": "a secret of ann"}
    key = shop.unique("key")
    ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=key).ok()
    stored = server.rows(f"select a.tenant_id::text, to_jsonb(a)::text as text from idempotency.answers a where key = '{key}'")
    assert [row["tenant_id"] for row in stored] == [shop_a.id]
    assert "a secret of ann".encode().hex() not in stored[0]["text"]
    server.stack.psql(f"update idempotency.answers set expires_at = now() where key = '{key}'", database=server.database)
    assert ledger.rest.post(f"{ledger.path}/entries", body, idempotency_key=key).ok()["entryId"] == "2"
