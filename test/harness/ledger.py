"""A tenant's ledger over REST."""

from harness import shop
from harness.clients import Answer, Rest


class Ledger:
    """Of `made`, as its own key. Every call answers what the server said; ok() on it where it must succeed."""

    def __init__(self, rest: Rest, made: shop.Shop):
        self.rest, self.path = rest, f"{made.path}/ledger"

    @classmethod
    def begin(cls, server, made: shop.Shop) -> "Ledger":
        """With the unit POINT, which provisioning makes where it runs."""
        ledger = cls(server.rest(made.secret), made)
        if not ledger.rest.get(f"{ledger.path}/units").ok()["units"]:
            ledger.rest.post(f"{ledger.path}/units", {"unit": "POINT"}).ok()
        return ledger

    def add(self, member: str, direction: str, amount: int, **fields) -> Answer:
        body = {"memberId": member, "direction": direction, "amount": amount, **fields}
        return self.rest.post(f"{self.path}/entries", body)

    def credit(self, member: str, amount: int, **fields) -> dict:
        return self.add(member, "CREDIT", amount, **fields).ok()

    def debit(self, member: str, amount: int, **fields) -> dict:
        return self.add(member, "DEBIT", amount, **fields).ok()

    def transfer(self, source: str, to: str, amount: int, **fields) -> Answer:
        body = {"fromMemberId": source, "toMemberId": to, "amount": amount, **fields}
        return self.rest.post(f"{self.path}/transfers", body)

    def hold(self, member: str, amount: int, **fields) -> Answer:
        return self.rest.post(f"{self.path}/holds", {"memberId": member, "amount": amount, **fields})

    def capture(self, hold: str, amount: int = 0) -> Answer:
        return self.rest.post(f"{self.path}/holds/{hold}:capture", {"amount": amount} if amount else {})

    def void(self, hold: str) -> Answer:
        return self.rest.post(f"{self.path}/holds/{hold}:void", {})

    def revert(self, entry: str, reason: str = "") -> Answer:
        return self.rest.post(f"{self.path}/entries/{entry}:revert", {"reason": reason})

    def account(self, member: str, query: str = "") -> dict:
        return self.rest.get(f"{self.path}/members/{member}/balance{query}").ok()

    def balance(self, member: str) -> int:
        return int(self.account(member).get("balance", 0))

    def lots(self, member: str, query: str = "") -> list[tuple]:
        answer = self.rest.get(f"{self.path}/members/{member}/lots{query}").ok()
        return [(lot["lotId"], int(lot["remaining"])) for lot in answer.get("lots", [])]

    def receipt(self, entry: str) -> str:
        return self.rest.get(f"{self.path}/entries/{entry}/receipt").ok()["content"]

    def verify(self, **head) -> dict:
        return self.rest.post(f"{self.path}:verify", head).ok()
