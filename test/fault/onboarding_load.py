"""Eight clients that onboard tenants and never give up, and the check that what they were promised is there."""

import dataclasses
import http.client
import random
import threading

from harness import shop, wait
from harness.server import Server

THREADS = 8
# What one acknowledged onboarding leaves: rows of its tenant_id in each table.
WHOLE = {
    "tenant.tenants": 1,
    "domain.domains": 1,
    "identity.api_keys": 1,
    "tenant.provisioning_steps": 4,
    "outbox.messages": 4,
    "audit.events": 1,
}
PATIENCE_S = 60


@dataclasses.dataclass(frozen=True)
class Promise:
    """What a client was answered."""

    name: str
    idempotency_key: str
    answer: dict


class Load:
    """Runs from start to finish(). Each request is repeated under its idempotency key until it is answered."""

    def __init__(self, server: Server, seed: int):
        self._server = server
        self._key = server.seed["platform_key"]
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.promises: list[Promise] = []
        self.cut_off = 0  # requests that were accepted and whose connection then ended without an answer
        self.failures: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(f"{seed}-{number}"),), daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def finish(self):
        """Lets each client end what it has begun."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a client was never answered"

    def _run(self, rng: random.Random):
        while not self._stopping.is_set() and not self.failures:
            # Without a slug nothing but the idempotency key stands between a retry and a second tenant.
            draft = shop.draft(**({} if rng.random() < 0.5 else {"slug": ""}))
            key = shop.unique("fault")
            try:
                answer = wait.until(lambda: self._try(draft, key), f"an answer for {draft['name']}", PATIENCE_S, 0.01)
            except AssertionError as error:
                with self._lock:
                    self.failures.append(str(error))
                return
            with self._lock:
                self.promises.append(Promise(draft["name"], key, answer))

    def _try(self, draft: dict, key: str) -> dict | None:
        """None where it is right to try again."""
        try:
            answer = self._server.rest(self._key).post("/v1/tenants", draft, idempotency_key=key)
        except ConnectionRefusedError:
            return None
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.cut_off += 1
            return None
        if answer.status == 200:
            return answer.json
        # Its twin is still running, or PostgreSQL is away.
        if (answer.status, answer.reason) == (409, "IDEMPOTENCY_KEY_IN_USE") or answer.status in (503, 504):
            return None
        raise AssertionError(f"{draft['name']}: {answer.status} {answer.body.decode(errors='replace')}")


def check_promises(server: Server, promises: list[Promise]):
    """Every promised tenant is whole and as it was answered; nothing else is there."""
    assert promises
    assert len({promise.name for promise in promises}) == len(promises)
    demo = server.seed["demo_tenant"]["tenant_id"]
    tenants = server.rows(f"select tenant_id, name, slug, code from tenant.tenants where tenant_id <> {demo}")
    promised = sorted(
        (p.answer["tenant"]["tenantId"], p.name, p.answer["tenant"]["slug"], p.answer["tenant"]["code"])
        for p in promises
    )
    assert sorted((str(t["tenant_id"]), t["name"], t["slug"], t["code"]) for t in tenants) == promised

    for table, rows in WHOLE.items():
        counts = server.rows(
            f"select t.tenant_id, count(x.tenant_id) as n from tenant.tenants t left join {table} x "
            f"using (tenant_id) where t.tenant_id <> {demo} group by 1 having count(x.tenant_id) <> {rows}"
        )
        assert counts == [], f"{table}: not {rows} rows for each tenant"
    _check_ids(server, promises)
    _check_orphans(server)


def _check_ids(server: Server, promises: list[Promise]):
    domains = {str(row["domain_id"]): str(row["tenant_id"]) for row in server.rows("select * from domain.domains")}
    keys = {str(row["api_key_id"]): str(row["tenant_id"]) for row in server.rows("select * from identity.api_keys")}
    for promise in promises:
        tenant_id = promise.answer["tenant"]["tenantId"]
        assert domains[promise.answer["domain"]["domainId"]] == tenant_id
        assert keys[promise.answer["apiKey"]["apiKeyId"]] == tenant_id
    records = server.rows("select count(*) as n from idempotency.answers")[0]["n"]
    assert records == len(promises)


def _check_orphans(server: Server):
    """No row of any table belongs to a tenant that is not there. 0 is the platform."""
    tables = server.tenant_tables()
    assert len(tables) >= len(WHOLE)
    for table in tables:
        orphans = server.rows(
            f"select x.tenant_id from {table} x where x.tenant_id <> 0 and not exists "
            "(select from tenant.tenants t where t.tenant_id = x.tenant_id)"
        )
        assert orphans == [], table


def check_secrets(server: Server, promises: list[Promise], rng: random.Random, count: int = 50):
    """The secrets that were shown once still open their tenants, and a late retry is still given the same answer."""
    platform = server.rest()
    for promise in rng.sample(promises, min(count, len(promises))):
        tenant = promise.answer["tenant"]
        assert server.rest(promise.answer["apiKeySecret"]).get(f"/v1/tenants/{tenant['tenantId']}").ok() == tenant
        other = platform.post("/v1/tenants", shop.draft(), idempotency_key=promise.idempotency_key)
        assert other.reason == "IDEMPOTENCY_KEY_REUSED"
