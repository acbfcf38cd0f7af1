"""Clients that post to ledgers and never give up, and the check that what they were promised is there."""

import http.client
import random
import threading
from collections import Counter

from harness import shop, wait
from harness.ledger import Ledger
from harness.server import Server

THREADS = 8
MEMBERS = 5
PATIENCE_S = 60
KINDS = {"CREDIT": 1, "DEBIT": 2, "TRANSFER": 3, "HOLD": 4, "CAPTURE": 5, "VOID": 6, "REVERT": 9}


class Load:
    """Runs from start to finish(). What has a reference is repeated until it is answered; an answer is a promise. The
    end of a hold and a revert have none: a retry that is told that it has ended already takes that for the answer."""

    def __init__(self, server: Server, shops: list[shop.Shop], seed: int):
        self._server, self._shops = server, shops
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.promises: dict[tuple, dict] = {}  # (tenant, reference): the entry as it was answered
        self.refused: set[tuple] = set()  # references that were refused
        self.ended: dict[tuple, str] = {}  # (tenant, hold or entry): the kind of entry that must have ended it
        self.cut_off = 0  # requests that were accepted and whose connection then ended without an answer
        self.failures: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(f"{seed}-{number}")), daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def answers(self) -> int:
        return len(self.promises) + len(self.refused) + len(self.ended)

    def finish(self):
        """Lets each client end what it has begun."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a client was never answered"

    def _run(self, number: int, rng: random.Random):
        count = 0
        while not self._stopping.is_set() and not self.failures:
            made = rng.choice(self._shops)
            count += 1
            try:
                self._step(made, f"{number}/{count}", rng)
            except AssertionError as error:
                with self._lock:
                    self.failures.append(str(error))

    def _step(self, made: shop.Shop, reference: str, rng: random.Random):
        member, other = (f"m{n}" for n in rng.sample(range(MEMBERS), 2))
        amount = rng.randrange(1, 30)
        what = rng.random()
        if what < 0.4:
            self._post(made, reference, lambda ledger: ledger.add(member, "CREDIT", amount, referenceId=reference))
        elif what < 0.6:
            self._post(made, reference, lambda ledger: ledger.add(member, "DEBIT", amount, referenceId=reference))
        elif what < 0.75:
            self._post(made, reference, lambda ledger: ledger.transfer(member, other, amount, referenceId=reference))
        elif what < 0.9:
            held = self._post(made, reference, lambda ledger: ledger.hold(member, amount, referenceId=reference))
            if held and rng.random() < 0.8:
                hold = held["holdId"]
                if rng.random() < 0.5:
                    self._end(made, hold, "CAPTURE", lambda ledger: ledger.capture(hold))
                else:
                    self._end(made, hold, "VOID", lambda ledger: ledger.void(hold))
        else:
            credited = self._post(
                made, reference, lambda ledger: ledger.add(member, "CREDIT", amount, referenceId=reference)
            )
            self._end(made, credited["entryId"], "REVERT", lambda ledger: ledger.revert(credited["entryId"]))

    def _post(self, made: shop.Shop, reference: str, send) -> dict | None:
        """The entry; None when it was refused, which only an account that is too empty may be."""
        answer = self._answer(made, send, reference)
        key = (made.id, reference)
        if answer.status != 200:
            assert answer.reason == "LEDGER_INSUFFICIENT_BALANCE", f"{reference}: {answer.status} {answer.body!r}"
            with self._lock:
                self.refused.add(key)
            return None
        with self._lock:
            self.promises[key] = answer.json
        return answer.json

    def _end(self, made: shop.Shop, of: str, kind: str, send):
        answer = self._answer(made, send, f"{kind} of {of}")
        done = {"CAPTURE": "LEDGER_HOLD_CAPTURED", "VOID": "LEDGER_HOLD_VOIDED", "REVERT": "LEDGER_ENTRY_ALREADY_REVERTED"}
        if answer.status != 200 and answer.reason != done[kind]:
            # A credit that has been spent meanwhile stays.
            assert (kind, answer.reason) == ("REVERT", "LEDGER_INSUFFICIENT_BALANCE"), f"{kind} of {of}: {answer.body!r}"
            return
        with self._lock:
            self.ended[made.id, of] = kind

    def _answer(self, made: shop.Shop, send, what: str):
        return wait.until(lambda: self._try(made, send), f"an answer for {what}", PATIENCE_S, 0.01)

    def _try(self, made: shop.Shop, send):
        """None where it is right to try again."""
        try:
            answer = send(Ledger(self._server.rest(made.secret), made))
        except ConnectionRefusedError:
            return None
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.cut_off += 1
            return None
        # PostgreSQL is away, or still starting.
        return None if answer.status in (503, 504) else answer


def check_promises(server: Server, load: Load, shops: list[shop.Shop]):
    """Every promised entry is there once and as it was answered; nothing else is but what was sent; all of it verifies."""
    assert load.promises and load.ended
    ids = ", ".join(made.id for made in shops)
    rows = server.rows(f"select * from ledger.entries where tenant_id in ({ids}) order by tenant_id, entry_id")
    for made in shops:
        mine = [row for row in rows if str(row["tenant_id"]) == made.id]
        assert [row["entry_id"] for row in mine] == list(range(1, len(mine) + 1))
    found = Counter((str(row["tenant_id"]), row["reference_id"]) for row in rows if row["reference_id"])
    assert found == Counter(load.promises.keys()), "other references than those that were answered"
    by_reference = {(str(row["tenant_id"]), row["reference_id"]): row for row in rows if row["reference_id"]}
    for key, answer in load.promises.items():
        row = by_reference[key]
        assert str(row["entry_id"]) == answer.get("entryId", answer.get("holdId")), key
        assert str(row["amount"]) == answer["amount"], key
    assert not load.refused & by_reference.keys()
    ends = Counter(
        (str(row["tenant_id"]), str(row["hold"] or row["reverts"]), row["kind"]) for row in rows if not row["reference_id"]
    )
    assert ends == Counter((*of, KINDS[kind]) for of, kind in load.ended.items())
    for made in shops:
        verdict = server.rest(made.secret).post(f"{made.path}/ledger:verify", {}).ok()
        assert verdict["intact"], verdict
