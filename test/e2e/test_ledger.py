"""The ledger as a shop sees it: points come, go, wait, expire and come back, and every one can be proved."""

import concurrent.futures
import datetime
import json
import subprocess
import sys

import pytest
from harness import ROOT, contracts, shop, wait
from harness.ledger import Ledger
from harness.sbctl import Sbctl

YEAR = datetime.timedelta(days=365)


def later(delta=YEAR) -> str:
    return (datetime.datetime.now(datetime.UTC) + delta).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def ledger(server, shop_a) -> Ledger:
    return Ledger.begin(server, shop_a)


def test_PointsComeAndGoTheEarliestExpiryFirst(ledger):
    never = ledger.credit("ann", 100, description="welcome", metadata={"till": "3"})
    soon = ledger.credit("ann", 50, expireTime=later())
    assert (never["source"], never["destination"]) == ("issuance", "member:ann")
    assert never["destinationBalance"] == "100"
    spent = ledger.debit("ann", 70)
    assert [(part["lotId"], part["amount"]) for part in spent["taken"]] == [
        (soon["entryId"], "50"),
        (never["entryId"], "20"),
    ]
    assert ledger.balance("ann") == 80
    assert ledger.lots("ann") == [(never["entryId"], 80)]


def test_AMemberThatNobodyHasHeardOfHasNothing(ledger):
    account = ledger.account("nobody")
    assert (account["balance"], account["available"], account["held"]) == ("0", "0", "0")
    assert ledger.lots("nobody") == []
    assert ledger.rest.get(f"{ledger.path}/members/nobody/statement").ok()["lines"] == []


def test_ASecondTryGivesTheFirstEntry(ledger):
    first = ledger.credit("ann", 10, referenceId="order-1")
    assert ledger.credit("ann", 10, referenceId="order-1") == first
    other = ledger.add("ann", "CREDIT", 11, referenceId="order-1")
    assert (other.status, other.reason) == (409, "LEDGER_REFERENCE_CONFLICT")
    assert ledger.balance("ann") == 10


@pytest.mark.parametrize(
    "fields, reason, field",
    [
        ({"amount": 0}, "LEDGER_AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": -1}, "LEDGER_AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": -(2**63)}, "LEDGER_AMOUNT_NOT_POSITIVE", "amount"),
        ({"unit": "GOLD"}, "LEDGER_UNIT_UNKNOWN", "unit"),
        ({"unit": "gold"}, "INVALID_FIELD", "unit"),
        ({"referenceId": "r" * 201}, "LEDGER_REFERENCE_TOO_LONG", "reference_id"),
        ({"referenceId": "r" * 2**20}, "LEDGER_REFERENCE_TOO_LONG", "reference_id"),
        ({"metadata": {"k": "v" * 2**20}}, "LEDGER_METADATA_TOO_LARGE", "metadata"),
        ({"metadata": {f"k{i}": "" for i in range(1000)}}, "LEDGER_METADATA_TOO_MANY_KEYS", "metadata"),
        ({"metadata": {"k": "v" * 501}}, "INVALID_FIELD", "metadata"),
        ({"memberId": "m" * 129}, "INVALID_FIELD", "member_id"),
        ({"memberId": "\x00"}, "INVALID_FIELD", "member_id"),
        ({"description": "d" * 501}, "INVALID_FIELD", "description"),
        ({"expireTime": "2020-01-01T00:00:00Z"}, "LEDGER_EXPIRY_NOT_IN_FUTURE", "expire_time"),
        ({"direction": "DIRECTION_UNSPECIFIED"}, "INVALID_FIELD", "direction"),
    ],
)
def test_WhatMakesNoSenseIsRefusedWithItsReason(ledger, fields, reason, field):
    body = {"memberId": "ann", "direction": "CREDIT", "amount": 1, **fields}
    answer = ledger.rest.post(f"{ledger.path}/entries", body)
    assert 400 <= answer.status < 500
    assert (answer.reason, answer.fields) == (reason, [field])
    assert ledger.balance("ann") == 0


def test_LimitsAreWhereTheyAreSaidToBe(ledger):
    ledger.credit("m" * 128, 2**63 - 1, referenceId="r" * 200, description="d" * 500)
    ledger.credit("ann", 1, metadata={f"k{i:02}": "v" * 100 for i in range(50)})
    assert ledger.add("m" * 128, "CREDIT", 1).reason == "LEDGER_AMOUNT_TOO_LARGE"
    assert ledger.balance("m" * 128) == 2**63 - 1


def test_InvalidUtf8IsRefused(ledger):
    body = b'{"memberId":"\xff","direction":"CREDIT","amount":1}'
    answer = ledger.rest.send("POST", f"{ledger.path}/entries", body, content_type="application/json")
    assert answer.status == 400
    assert ledger.rest.get(f"{ledger.path}/entries").ok()["entries"] == []


def test_AHoldIsCapturedInPartOrReleased(ledger):
    ledger.credit("ann", 100)
    hold = ledger.hold("ann", 60, referenceId="h1").ok()
    assert hold["state"] == "OPEN"
    assert ledger.hold("ann", 60, referenceId="h1").ok() == hold
    account = ledger.account("ann")
    assert (account["balance"], account["held"], account["available"]) == ("100", "60", "40")
    assert ledger.add("ann", "DEBIT", 41).reason == "LEDGER_INSUFFICIENT_BALANCE"
    assert ledger.capture(hold["holdId"], 61).reason == "LEDGER_CAPTURE_EXCEEDS_HOLD"
    assert ledger.capture(hold["holdId"], 25).ok()["holdId"] == hold["holdId"]
    assert ledger.capture(hold["holdId"]).reason == "LEDGER_HOLD_CAPTURED"
    assert ledger.void(hold["holdId"]).reason == "LEDGER_HOLD_CAPTURED"
    assert ledger.rest.get(f"{ledger.path}/holds/{hold['holdId']}").ok()["captured"] == "25"
    second = ledger.hold("ann", 75).ok()["holdId"]
    ledger.void(second).ok()
    assert ledger.void(second).reason == "LEDGER_HOLD_VOIDED"
    assert ledger.account("ann")["available"] == "75"


def test_ARevertGivesBackTheVeryLotsOnce(ledger):
    soon = ledger.credit("ann", 10, expireTime=later())
    ledger.credit("ann", 10)
    before = ledger.lots("ann")
    spent = ledger.debit("ann", 15)
    revert = ledger.revert(spent["entryId"], "returned").ok()
    assert revert["revertedEntryId"] == spent["entryId"]
    assert revert["given"] == spent["taken"]
    assert ledger.lots("ann") == before
    assert ledger.revert(spent["entryId"]).reason == "LEDGER_ENTRY_ALREADY_REVERTED"
    assert ledger.revert(revert["entryId"]).reason == "LEDGER_REVERT_OF_REVERT"
    assert ledger.revert("999").reason == "LEDGER_ENTRY_NOT_FOUND"
    ledger.revert(soon["entryId"]).ok()
    assert ledger.balance("ann") == 10


def test_ATransferKeepsTheExpiry(ledger):
    ledger.credit("ann", 10, expireTime=later())
    entry = ledger.transfer("ann", "bob", 4).ok()
    assert (entry["sourceBalance"], entry["destinationBalance"]) == ("6", "4")
    lots = ledger.rest.get(f"{ledger.path}/members/bob/lots").ok()["lots"]
    assert lots[0]["expireTime"] and lots[0]["lotId"] == "1"
    assert ledger.transfer("ann", "ann", 1).reason == "LEDGER_TRANSFER_TO_SELF"


def test_WhatHasExpiredIsClosedByItself(server, ledger):
    at = later(datetime.timedelta(milliseconds=700))
    ledger.credit("ann", 10, expireTime=at)
    ledger.credit("ann", 5)
    hold = ledger.hold("ann", 1, expireTime=at).ok()["holdId"]
    wait.until(lambda: ledger.account("ann")["available"] == "5", "the lot has expired")
    ledger.debit("ann", 5)
    kinds = [entry["kind"] for entry in ledger.rest.get(f"{ledger.path}/entries").ok()["entries"]]
    assert kinds == ["CREDIT", "CREDIT", "HOLD", "VOID", "EXPIRY", "DEBIT"]
    assert ledger.rest.get(f"{ledger.path}/holds/{hold}").ok()["state"] == "EXPIRED"
    assert ledger.balance("ann") == 0


def test_AFloorStaysAndAClosedAccountIsClosed(ledger):
    ledger.credit("ann", 10)
    path = f"{ledger.path}/members/ann"
    assert ledger.rest.post(f"{path}:setFloor", {"floor": 4}).ok()["available"] == "6"
    assert ledger.add("ann", "DEBIT", 7).reason == "LEDGER_INSUFFICIENT_BALANCE"
    assert ledger.rest.post(f"{path}:close", {}).reason == "LEDGER_ACCOUNT_NOT_EMPTY"
    assert ledger.rest.post(f"{path}:close", {"forfeit": True}).ok()["closed"]
    assert ledger.add("ann", "CREDIT", 1).reason == "LEDGER_ACCOUNT_CLOSED"
    report = ledger.rest.get(f"{ledger.path}/units/POINT/liability").ok()
    assert (report["issued"], report["forfeited"]) == ("10", "10")


def test_ManyRowsEachForItselfOrAllOrNone(ledger):
    rows = [
        {"memberId": "ann", "direction": "CREDIT", "amount": 5},
        {"memberId": "ann", "direction": "DEBIT", "amount": 6},
        {"memberId": "ann", "direction": "CREDIT", "amount": 0},
        {"memberId": "bob", "direction": "CREDIT", "amount": 7},
    ]
    results = ledger.rest.post(f"{ledger.path}/entries:batchAdd", {"entries": rows}).ok()["results"]
    reasons = [result.get("error", {}).get("details", [{}])[0].get("reason") for result in results]
    assert reasons == [None, "LEDGER_INSUFFICIENT_BALANCE", "LEDGER_AMOUNT_NOT_POSITIVE", None]
    assert (ledger.balance("ann"), ledger.balance("bob")) == (5, 7)
    atomic = {"entries": [rows[0], rows[1] | {"amount": 100}], "atomic": True}
    results = ledger.rest.post(f"{ledger.path}/entries:batchAdd", atomic).ok()["results"]
    assert [result["error"]["details"][0]["reason"] for result in results] == [
        "LEDGER_BATCH_REFUSED",
        "LEDGER_INSUFFICIENT_BALANCE",
    ]
    assert ledger.balance("ann") == 5
    refused = ledger.rest.post(f"{ledger.path}/entries:batchAdd", {"entries": [rows[2]], "atomic": True})
    assert (refused.reason, refused.fields) == ("LEDGER_AMOUNT_NOT_POSITIVE", ["entries[0].amount"])
    too_many = ledger.rest.post(f"{ledger.path}/entries:batchAdd", {"entries": [rows[0]] * 1001})
    assert (too_many.status, too_many.fields) == (400, ["entries"])


def test_BalancesAndStatementsOfThePast(ledger):
    ledger.credit("ann", 10)
    ledger.transfer("ann", "bob", 4).ok()
    middle = ledger.credit("ann", 20)["postTime"]
    ledger.hold("ann", 5).ok()
    ledger.debit("ann", 1)
    assert ledger.account("ann", f"?at_time={middle}")["balance"] == "26"
    assert ledger.account("ann", "?at_time=2020-01-01T00:00:00Z")["balance"] == "0"
    statement = ledger.rest.get(f"{ledger.path}/members/ann/statement").ok()
    changes = [(int(line.get("change", 0)), int(line["balance"])) for line in statement["lines"]]
    assert changes == [(10, 10), (-4, 6), (20, 26), (0, 26), (-1, 25)]
    page = ledger.rest.get(f"{ledger.path}/members/ann/statement?from_time={middle}&page_size=2").ok()
    assert (page["openingBalance"], len(page["lines"])) == ("6", 2)
    rest = ledger.rest.get(
        f"{ledger.path}/members/ann/statement?from_time={middle}&page_size=2&page_token={page['nextPageToken']}"
    ).ok()
    assert (rest["openingBalance"], rest["lines"][0]["change"]) == ("26", "-1")


def test_ListsAreFilteredAndPaged(ledger):
    for i in range(5):
        ledger.credit("ann", 1 + i, referenceId=f"r{i}", expireTime=later(YEAR * (i + 1)))
    ledger.transfer("ann", "bob", 1).ok()
    page = ledger.rest.get(f"{ledger.path}/entries?page_size=4").ok()
    rest = ledger.rest.get(f"{ledger.path}/entries?page_size=4&page_token={page['nextPageToken']}").ok()
    assert [entry["entryId"] for entry in page["entries"] + rest["entries"]] == ["1", "2", "3", "4", "5", "6"]
    of_bob = ledger.rest.get(f"{ledger.path}/entries?filter.member_id=bob").ok()["entries"]
    assert [entry["kind"] for entry in of_bob] == ["TRANSFER"]
    by_reference = ledger.rest.get(f"{ledger.path}/entries?filter.reference_id=r3").ok()["entries"]
    assert [entry["amount"] for entry in by_reference] == ["4"]
    lots, token = [], ""
    while True:
        answer = ledger.rest.get(f"{ledger.path}/members/ann/lots?page_size=2&page_token={token}").ok()
        lots += [(lot["lotId"], lot["remaining"]) for lot in answer["lots"]]
        token = answer.get("nextPageToken", "")
        if not token:
            break
    assert lots == [("2", "2"), ("3", "3"), ("4", "4"), ("5", "5")]


def test_TheLiabilityReportAddsUpNowAndThen(ledger):
    ledger.credit("ann", 100, expireTime="2099-05-01T00:00:00Z")
    ledger.credit("ann", 50)
    then = ledger.debit("ann", 30)["postTime"]
    ledger.hold("ann", 10).ok()
    ledger.debit("ann", 20)
    report = ledger.rest.get(f"{ledger.path}/units/POINT/liability").ok()
    assert (report["issued"], report["outstanding"], report["redeemed"], report["held"]) == ("150", "100", "50", "10")
    assert report["expiring"] == [{"month": "2099-05", "amount": "50"}]
    assert report["neverExpiring"] == "50"
    past = ledger.rest.get(f"{ledger.path}/units/POINT/liability?as_of_time={then}").ok()
    assert (past["outstanding"], past["redeemed"], past.get("held", "0")) == ("120", "30", "0")
    assert (past["expiring"], past["neverExpiring"]) == ([{"month": "2099-05", "amount": "70"}], "50")
    assert ledger.rest.get(f"{ledger.path}/units/GOLD/liability").reason == "LEDGER_UNIT_UNKNOWN"


def test_ALiabilityReportOfThePastIsWhatItWasThen(ledger):
    """Whatever became of the lots since: each report is made when it is of now, and again at the end."""
    reports = []

    def note(entry: dict):
        report = ledger.rest.get(f"{ledger.path}/units/POINT/liability").ok()
        reports.append((entry["postTime"], {name: value for name, value in report.items() if name != "asOfTime"}))

    may, june = "2099-05-01T00:00:00Z", "2099-06-01T00:00:00Z"
    for member, expiry in (("ann", may), ("bob", june), ("ann", june), ("ann", None)):
        note(ledger.credit(member, 100, **({"expireTime": expiry} if expiry else {})))
    spent = ledger.debit("ann", 150)
    note(spent)
    note(ledger.transfer("ann", "bob", 30).ok())
    hold = ledger.hold("bob", 120).ok()
    note(ledger.capture(hold["holdId"], 110).ok())
    note(ledger.revert(spent["entryId"]).ok())
    note(ledger.debit("ann", 220))
    months = [tuple(month["month"] for month in report["expiring"]) for _, report in reports]
    assert ("2099-05",) in months and ("2099-06",) in months and ("2099-05", "2099-06") in months
    for at, report in reports:
        past = ledger.rest.get(f"{ledger.path}/units/POINT/liability?as_of_time={at}").ok()
        assert {name: value for name, value in past.items() if name != "asOfTime"} == report


def check(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "verify_receipt.py", *arguments], capture_output=True, text=True, timeout=60
    )


def test_AReceiptIsGoodWithoutTheServerAndBadWhenTouched(ledger, rest, tmp_path):
    for i in range(300):
        ledger.credit("ann", 1, referenceId=f"{i}") if i % 50 == 0 else None
    entry = ledger.credit("ann", 7, referenceId="mine", metadata={"till": "3", "a": "b"})
    ledger.debit("ann", 3)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(ledger.receipt(entry["entryId"]))
    keys = ledger.rest.get("/v1/ledger/signingKeys").ok()["keys"]
    done = check(receipt, "--key", keys[0]["publicKey"])
    assert done.returncode == 0, done.stdout + done.stderr
    text = receipt.read_text()
    receipt.write_text(text.replace('"7"', '"8"', 1))
    assert check(receipt).returncode == 1
    receipt.write_text(text)
    rest.post("/v1/ledger/signingKeys:rotate", {}).ok()
    assert check(receipt, "--key", keys[0]["publicKey"]).returncode == 0
    newer = ledger.receipt(entry["entryId"])
    assert json.loads(newer) != json.loads(text)
    receipt.write_text(newer)
    assert check(receipt, "--key", keys[0]["publicKey"]).returncode == 1
    assert len(ledger.rest.get("/v1/ledger/signingKeys").ok()["keys"]) == len(keys) + 1


def test_ProofsOfTheTree(ledger):
    for i in range(20):
        ledger.credit("ann", 1 + i)
    head = ledger.rest.get(f"{ledger.path}/treeHead").ok()
    assert head["size"] == "20"
    proof = ledger.rest.get(f"{ledger.path}/entries/7/inclusionProof").ok()
    assert (proof["leafIndex"], proof["treeSize"], proof["root"]) == ("6", "20", head["root"])
    old = ledger.rest.get(f"{ledger.path}/consistencyProof?old_size=7").ok()
    assert old["newRoot"] == head["root"]
    assert ledger.rest.get(f"{ledger.path}/entries/21/inclusionProof").reason == "LEDGER_ENTRY_NOT_FOUND"
    assert ledger.rest.get(f"{ledger.path}/entries/7/inclusionProof?tree_size=6").fields == ["tree_size"]
    assert ledger.rest.get(f"{ledger.path}/consistencyProof?old_size=21").fields == ["old_size"]


def test_VerifyNamesTheFirstEntryThatWasTouched(server, ledger, shop_a):
    for i in range(10):
        ledger.credit("ann", 10)
    ledger.debit("ann", 15)
    head = ledger.rest.get(f"{ledger.path}/treeHead").ok()
    assert ledger.verify()["intact"]
    assert ledger.verify(trustedHead=head)["intact"]

    def tamper(*statements):
        admin = ["set session_replication_role = replica", *statements]
        server.stack.psql(*admin, database=server.database)

    where = f"tenant_id = {shop_a.id}"
    tamper(f"update ledger.entries set amount = 11 where {where} and entry_id = 4")
    verdict = ledger.verify()
    assert (verdict["badEntryId"], verdict["intact"]) == ("4", False)
    tamper(f"update ledger.entries set amount = 10 where {where} and entry_id = 4")
    assert ledger.verify()["intact"]
    tamper(f"update ledger.lots set amounts[1] = amounts[1] + 1 where {where}")
    assert ledger.verify()["problem"]
    tamper(f"update ledger.lots set amounts[1] = amounts[1] - 1 where {where}")
    # The tail cut off, with a head of the chain made to fit: only who has kept a signed head can tell.
    server.stack.psql(
        "set session_replication_role = replica",
        f"delete from ledger.entries where {where} and entry_id = 11",
        database=server.database,
    )
    assert ledger.verify(trustedHead=head)["badEntryId"] == "11"


def test_EntriesCannotBeChangedEvenByTheirOwner(server, ledger):
    ledger.credit("ann", 1)
    for statement in ("update ledger.entries set amount = 2", "delete from ledger.entries", "truncate ledger.entries"):
        with pytest.raises(RuntimeError, match="permission denied"):
            server.stack.psql("set app.platform = 'on'", statement, database=server.database, role="app")
        with pytest.raises(RuntimeError, match="never changed"):
            server.stack.psql("set app.platform = 'on'", statement, database=server.database, role="owner")


def test_TwoProcessesPostToOneTenant(server, start, shop_a, ledger):
    other = Ledger(start(database=server.database).rest(shop_a.secret), shop_a)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        posts = [
            pool.submit((ledger, other)[i % 2].credit, f"m{i // 2 % 5}", 1, referenceId=f"r{i // 2}") for i in range(400)
        ]
        entries = [post.result() for post in posts]
    # Each reference was sent to both: one entry each.
    assert {entry["entryId"] for entry in entries} == {str(i) for i in range(1, 201)}
    verdict = ledger.verify()
    assert (verdict["intact"], verdict["entries"]) == (True, "200")


def test_ASuspendedTenantReadsAndDoesNotPost(rest, ledger, shop_a):
    ledger.credit("ann", 1)
    rest.post(f"{shop_a.path}:suspend", {}).ok()
    assert ledger.add("ann", "CREDIT", 1).reason == "TENANT_SUSPENDED"
    assert Ledger(rest, shop_a).add("ann", "CREDIT", 1).reason == "TENANT_SUSPENDED"
    assert ledger.balance("ann") == 1
    rest.post(f"{shop_a.path}:resume", {}).ok()
    ledger.credit("ann", 1)


def test_WhileATenantIsSuspendedNothingExpires(server, rest, ledger, shop_a):
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    at = expiry.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    ledger.credit("ann", 10, expireTime=at)
    hold = ledger.hold("ann", 4, expireTime=at).ok()["holdId"]
    rest.post(f"{shop_a.path}:suspend", {}).ok()
    pauses = f"{ledger.path}/pauses"
    assert [list(pause) for pause in ledger.rest.get(pauses).ok()["pauses"]] == [["beginTime"]]
    wait.until(lambda: datetime.datetime.now(datetime.UTC) > expiry, "the lot would have expired", 10)
    account = ledger.account("ann")
    assert (account["available"], account["held"]) == ("6", "4")
    assert ledger.rest.get(f"{ledger.path}/members/ann/lots").ok()["lots"][0]["expireTime"] > at
    rest.post(f"{shop_a.path}:resume", {}).ok()
    ledger.debit("ann", 1)
    ledger.capture(hold, 2).ok()
    assert [list(pause) for pause in ledger.rest.get(pauses).ok()["pauses"]] == [["beginTime", "endTime"]]
    sbctl = Sbctl(f"http://{server.http_address}", shop_a.secret)
    sbctl("ledger", "verify", shop_a.id, "--rules").ok()
    assert ledger.verify()["intact"]
    # Its time goes on.
    wait.until(lambda: ledger.account("ann")["available"] == "0", "the lot has expired", 10)
    sbctl("ledger", "verify", shop_a.id, "--rules").ok()
    # Who does not know of the pause takes the debit for one of a lot that had expired.
    server.stack.psql(f"delete from ledger.pauses where tenant_id = {shop_a.id}", database=server.database)
    assert "(LEDGER_NOT_INTACT)" in sbctl("ledger", "verify", shop_a.id, "--rules").err
    sbctl("ledger", "verify", shop_a.id).ok()


def test_KeysDoWhatTheirScopesSay(server, ledger, shop_a):
    ledger.credit("ann", 1)
    own = server.rest(shop_a.secret)

    def key(scope):
        made = own.post(f"{shop_a.path}/apiKeys", {"displayName": scope, "scopes": [scope]}).ok()
        return Ledger(server.rest(made["secret"]), shop_a)

    assert key("ledger:read").add("ann", "CREDIT", 1).reason == "PERMISSION_MISSING"
    assert key("ledger:read").balance("ann") == 1
    assert key("ledger:post").add("ann", "CREDIT", 1).status == 200
    assert key("ledger:post").revert("1").reason == "PERMISSION_MISSING"
    assert own.post("/v1/ledger/signingKeys:rotate", {}).reason == "PLATFORM_ONLY"


def test_GrpcSaysTheSame(server, ledger, shop_a):
    method = contracts.methods()["LedgerService.AddEntry"]
    request = method.request(tenant_id=shop_a.id, member_id="ann", direction=1, amount=5, reference_id="g")
    with server.grpc(shop_a.secret) as client:
        answer = client.send(method.name, request)
    assert answer.code == "OK"
    assert ledger.credit("ann", 5, referenceId="g")["entryId"] == answer.message.entry_id


def test_ASettingsChangeLeavesATrail(server, ledger, shop_a):
    ledger.credit("ann", 5)
    request_id = shop.unique("request")
    ledger.rest.post(f"{ledger.path}/members/ann:setFloor", {"floor": 1}, x_request_id=request_id).ok()
    events = server.rows(f"select * from audit.events where request_id = '{request_id}'")
    assert [event["resource"] for event in events] == ["ledger/members/ann/POINT"]
    assert events[0]["after_digest"]
