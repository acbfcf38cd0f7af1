"""sbctl ledger ...: a ledger verified by who does not trust its server, and receipts."""

import json
import re
import subprocess
import sys

import pytest
from harness import ROOT, forgery
from harness.ledger import Ledger
from harness.sbctl import Sbctl

ENTRIES = 2300  # three pages


@pytest.fixture
def sbctl(server, shop_a):
    return Sbctl(f"http://{server.http_address}", shop_a.secret)


@pytest.fixture
def ledger(server, shop_a) -> Ledger:
    return Ledger.begin(server, shop_a)


def fill(ledger: Ledger, count: int):
    """With `count` entries of every sort."""
    row = {"memberId": "ann", "direction": "CREDIT", "amount": 2, "description": "é", "metadata": {"b": "1", "a": ""}}
    ledger.credit("ann", 1000, expireTime="2099-01-01T00:00:00.000001Z", referenceId="first")
    ledger.transfer("ann", "bob", 7).ok()
    ledger.capture(ledger.hold("ann", 5, expireTime="2098-01-01T00:00:00Z").ok()["holdId"], 3).ok()
    ledger.void(ledger.hold("ann", 5).ok()["holdId"]).ok()
    ledger.revert(ledger.debit("ann", 1)["entryId"]).ok()
    for begin in range(8, count, 1000):
        rows = [row] * min(1000, count - begin)
        assert all("entry" in one for one in ledger.rest.post(f"{ledger.path}/entries:batchAdd", {"entries": rows}).ok()["results"])


class Table:
    """The entries and the chain of one tenant, changed as only a superuser can; put back as they were kept."""

    def __init__(self, server, shop):
        self.server, self.where = server, f"tenant_id = {shop.id}"

    def __call__(self, *statements: str):
        admin = ["set session_replication_role = replica", *statements]
        self.server.stack.psql(*admin, database=self.server.database)

    def keep(self, name: str):
        self(f"create table public.kept_{name} as select * from ledger.{name} where {self.where}")

    def put_back(self, name: str):
        self(f"delete from ledger.{name} where {self.where}", f"insert into ledger.{name} select * from public.kept_{name}")

    def forget(self):
        self("drop table if exists public.kept_entries, public.kept_chains")


@pytest.fixture
def table(server, shop_a):
    table = Table(server, shop_a)
    yield table
    table.forget()


def bad_entry(done) -> tuple[int, str]:
    """What sbctl says is wrong, with its exit code checked."""
    assert (done.code, done.out) == (1, ""), done
    match = re.fullmatch(r"sbctl: entry (\d+): (.*) \(LEDGER_NOT_INTACT\)\n", done.err.split("\n", done.err.count("\n") - 1)[-1])
    assert match, done.err
    return int(match[1]), match[2]


def test_AWholeLedgerIsVerifiedFromItsFirstEntry(sbctl, ledger, shop_a, tmp_path):
    fill(ledger, ENTRIES)
    size = int(ledger.rest.get(f"{ledger.path}/treeHead").ok()["size"])
    done = sbctl("ledger", "verify", shop_a.id)
    assert done.ok().startswith(f"entries 1 to {size} are as they were posted\nhead: {size} entries, root ")
    assert re.findall(r"verifying: (\d+) %", done.err)[-1] == "100"
    for extra in ([], ["--rules"]):
        verdict = sbctl("ledger", "verify", shop_a.id, "--json", *extra).json
        assert (verdict["intact"], verdict["entries"], verdict["head"]["size"]) == (True, str(size), str(size))
    shown = sbctl.at_terminal("ledger", "verify", shop_a.id)
    assert shown.code == 0 and f"verifying [##############################] 100 %  {size} of {size}" in shown.out


def test_AnEmptyLedger(sbctl, ledger, shop_a, tmp_path):
    head = tmp_path / "head.json"
    assert sbctl("ledger", "verify", shop_a.id, "-o", head).ok().startswith("no entries\n")
    ledger.credit("ann", 1)
    for option in ("--head", "--from-head"):
        assert sbctl("ledger", "verify", shop_a.id, option, head).ok().startswith("entries 1 to 1 are")


@pytest.mark.parametrize(
    "entry, change, problem",
    [
        (4, "update ledger.entries set amount = amount + 1 where {where} and entry_id = 4", "its hash is not that"),
        (1, "update ledger.entries set description = 'x' where {where} and entry_id = 1", "its hash is not that"),
        (9, "update ledger.entries set metadata = '{{\"a\": \"x\"}}' where {where} and entry_id = 9", "its hash is not that"),
        (8, "update ledger.entries set metadata = '{{}}' where {where} and entry_id = 8", "the server cannot read it"),
        (9, "update ledger.entries set posted_at = posted_at + interval '1 microsecond' where {where} and entry_id = 9", "its hash"),
        (2, "update ledger.entries set hash = sha256('x') where {where} and entry_id = 2", "its hash is not that"),
        (1500, "delete from ledger.entries where {where} and entry_id = 1500", "it is missing"),
        (1001, "delete from ledger.entries where {where} and entry_id > 1000", "it is missing"),
        (1, "delete from ledger.entries where {where}", "it is missing"),
        (7, "update ledger.entries set taken = '\\x01' where {where} and entry_id = 7", "the server cannot read it"),
        (2001, "update ledger.entries set given = '\\x01' where {where} and entry_id = 2001", "the server cannot read it"),
        (1200, "update ledger.entries set entry_id = -entry_id where {where} and entry_id = 1200", "it is missing"),
    ],
)
def test_AChangedTableIsNamedByItsFirstBadEntry(table, sbctl, ledger, shop_a, entry, change, problem):
    fill(ledger, 2010)
    table.keep("entries")
    table(change.format(where=table.where))
    named, why = bad_entry(sbctl("ledger", "verify", shop_a.id))
    assert (named, problem in why) == (entry, True), why
    done = sbctl("ledger", "verify", shop_a.id, "--json")
    verdict = json.loads(done.out)
    assert (done.code, verdict["intact"], verdict["badEntryId"]) == (1, False, str(entry))
    assert problem in verdict["problem"]
    table.put_back("entries")
    sbctl("ledger", "verify", shop_a.id).ok()


def test_AHeadThatWasKeptHoldsTheServerToIt(table, sbctl, ledger, shop_a, tmp_path):
    """A ledger that was made anew, with hashes that fit each other and a head that the server signs, is another one."""
    ledger.credit("ann", 10)
    ledger.credit("ann", 20)
    head = tmp_path / "head.json"
    sbctl("ledger", "head", shop_a.id, "-o", head).ok()
    sbctl("ledger", "verify", shop_a.id, "--head", head).ok()
    table(
        f"delete from ledger.entries where {table.where}",
        f"delete from ledger.lots where {table.where}",
        f"delete from ledger.chains where {table.where}",
        f"update ledger.units set issuance = 0 where {table.where}",
    )
    ledger.credit("ann", 10)
    ledger.credit("ann", 20)
    ledger.credit("ann", 30)
    sbctl("ledger", "verify", shop_a.id).ok()  # nothing to hold it to
    named, why = bad_entry(sbctl("ledger", "verify", shop_a.id, "--head", head))
    assert named == 1 and "of the entries 1 to 2 at least one is not what the signed head" in why
    done = sbctl("ledger", "verify", shop_a.id, "--from-head", head)
    assert done.code == 1 and "entries 1 to 2 are not those that the head was signed for" in done.err


def test_ACutTailIsMissedByAHeadThatWasKept(table, sbctl, ledger, shop_a, tmp_path):
    ledger.credit("ann", 10)
    table.keep("chains")
    ledger.credit("ann", 20)
    head = tmp_path / "head.json"
    sbctl("ledger", "head", shop_a.id, "-o", head).ok()
    table(f"delete from ledger.entries where {table.where} and entry_id = 2")
    table.put_back("chains")
    sbctl("ledger", "verify", shop_a.id).ok()
    for option in ("--head", "--from-head"):
        named, why = bad_entry(sbctl("ledger", "verify", shop_a.id, option, head))
        assert named == 2 and "it is missing" in why


def test_GoesOnBehindAHead(table, sbctl, ledger, shop_a, tmp_path):
    fill(ledger, 300)
    head = tmp_path / "head.json"
    sbctl("ledger", "verify", shop_a.id, "-o", head).ok()
    size = json.loads(head.read_text())["head"]["size"]
    assert sbctl("ledger", "verify", shop_a.id, "--from-head", head).ok().startswith("no entries\n")
    for amount in range(1, 6):
        ledger.credit("ann", amount)
    text = sbctl("ledger", "verify", shop_a.id, "--from-head", head).ok()
    assert text.startswith(f"entries {int(size) + 1} to {int(size) + 5} are as they were posted\n")
    table(f"update ledger.entries set amount = amount + 1 where {table.where} and entry_id in (2, {int(size) + 3})")
    named, _ = bad_entry(sbctl("ledger", "verify", shop_a.id, "--from-head", head))
    assert named == int(size) + 3
    named, _ = bad_entry(sbctl("ledger", "verify", shop_a.id, "--head", head))
    assert named == 2


def test_AForgedHeadIsRefused(server, sbctl, ledger, shop_a, shop_b, rest, tmp_path):
    ledger.credit("ann", 10)
    head = tmp_path / "head.json"
    sbctl("ledger", "head", shop_a.id, "-o", head).ok()
    good = json.loads(head.read_text())

    def refused(change: dict, *words: str) -> str:
        head.write_text(json.dumps({**good, "head": {**good["head"], **change}}))
        reasons = set()
        for option in ("--head", "--from-head"):
            done = sbctl("ledger", "verify", shop_a.id, option, head, *words)
            assert (done.code, done.out) == (1, "") and str(head) in done.err
            reasons.add(re.search(r"\((\w+)\)\n$", done.err)[1])
        (reason,) = reasons
        return reason

    def flipped(name: str) -> dict:
        return {name: ("1" if good["head"][name][0] == "0" else "0") + good["head"][name][1:]}

    assert refused({"size": "2"}) == "LEDGER_SIGNATURE_WRONG"
    assert refused({"tenant_id": str(shop_b.id)}) == "LEDGER_SIGNATURE_WRONG"
    for name in ("root", "chain", "signature"):
        assert refused(flipped(name)) == "LEDGER_SIGNATURE_WRONG"
    assert refused({"at": "2026-01-01T00:00:00.000000Z"}) == "LEDGER_SIGNATURE_WRONG"
    assert refused(flipped("key_id")) == "LEDGER_KEY_WRONG"
    assert refused({"size": 2}) == "LEDGER_RECEIPT_MALFORMED"
    # Signed well, by somebody else.
    assert refused(forgery.sign(good["head"], b"s" * 32)) == "LEDGER_KEY_NOT_TRUSTED"
    # Good, but the key is not the one that is trusted; the server's own head is not either.
    other = "0" * 62 + "2a"
    done = sbctl("ledger", "verify", shop_a.id, "--signed-by", other)
    assert (done.code, done.out) == (1, "") and "LEDGER_KEY_NOT_TRUSTED" in done.err
    head.write_text(json.dumps(good))
    sbctl("ledger", "verify", shop_a.id, "--head", head, "--signed-by", good["head"]["public_key"]).ok()
    theirs = Ledger.begin(server, shop_b)
    theirs.credit("ann", 10)
    Sbctl(sbctl.env["SBCTL_ADDR"], shop_b.secret)("ledger", "head", shop_b.id, "-o", head).ok()
    done = sbctl("ledger", "verify", shop_a.id, "--head", head)
    assert done.code == 1 and "LEDGER_HEAD_OF_ANOTHER" in done.err


def test_RulesFindWhatFitsItsHashes(table, sbctl, ledger, shop_a):
    """What a server with a fault would post: the hashes are right, a balance is not."""
    ledger.credit("ann", 10)
    forged = forgery.entry_hash(ledger.receipt("1"), destination_balance="11")
    table(
        f"update ledger.entries set destination_balance = 11, hash = '\\x{forged.hex()}' where {table.where}",
        f"update ledger.chains set head = '\\x{forged.hex()}', peaks = '\\x{forgery.leaf(forged).hex()}' where {table.where}",
    )
    sbctl("ledger", "verify", shop_a.id).ok()
    named, why = bad_entry(sbctl("ledger", "verify", shop_a.id, "--rules"))
    assert named == 1 and "holds 11" in why


def test_AReceiptIsGoodForBothVerifiers(sbctl, ledger, shop_a, tmp_path):
    fill(ledger, 300)
    file = tmp_path / "receipt.json"
    sbctl("ledger", "receipt", shop_a.id, "7", "-o", file).ok()
    key = json.loads(file.read_text())["head"]["public_key"]
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "verify_receipt.py", file, "--key", key], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    offline = {name: value for name, value in sbctl.env.items() if not name.startswith("SBCTL_")}
    done = sbctl("ledger", "check", file, "--signed-by", key, env=offline)
    assert done.ok().startswith(f"entry 7 of tenant {shop_a.id}: ") and done.err == ""
    assert "--signed-by" in sbctl("ledger", "check", file, env=offline).err
    assert sbctl("ledger", "check", file, "--json", env=offline).json["keyTrusted"] is False
    assert sbctl("ledger", "receipt", shop_a.id, "7").ok().startswith("{")


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ('"amount": "2"', '"amount": "3"', "LEDGER_ENTRY_CHANGED"),
        ('"version": 1', '"version": 2', "LEDGER_RECEIPT_MALFORMED"),
        ('"size": "300"', '"size": "301"', "LEDGER_"),
    ],
)
def test_ATouchedReceiptIsRefused(sbctl, ledger, shop_a, tmp_path, old, new, reason):
    fill(ledger, 300)
    file = tmp_path / "receipt.json"
    text = sbctl("ledger", "receipt", shop_a.id, "200").ok()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    done = sbctl("ledger", "check", file)
    assert (done.code, done.out) == (1, "") and reason in done.err


def test_WhatIsRefused(sbctl, ledger, shop_a, shop_b, tmp_path):
    ledger.credit("ann", 1)
    assert "(LEDGER_ENTRY_NOT_FOUND)" in sbctl("ledger", "receipt", shop_a.id, "2").err
    assert sbctl("ledger", "verify", shop_b.id).code == 1
    assert "cannot read" in sbctl("ledger", "check", tmp_path / "none").err
    assert "cannot write" in sbctl("ledger", "head", shop_a.id, "-o", tmp_path / "none" / "head").err
    for words in (
        ["ledger"],
        ["ledger", "verify"],
        ["ledger", "verify", "x"],
        ["ledger", "verify", shop_a.id, "--head", "a", "--from-head", "b"],
        ["ledger", "verify", shop_a.id, "--rules", "--from-head", "b"],
        ["ledger", "verify", shop_a.id, "--signed-by", "xyz"],
        ["ledger", "receipt", shop_a.id],
        ["ledger", "check"],
    ):
        done = sbctl(*words)
        assert (done.code, done.out) == (2, "") and done.err.startswith("sbctl: "), words
