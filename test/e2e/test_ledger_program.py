"""The ledger's own program beside a control plane, on one PostgreSQL: one ledger, two that write to it."""

import concurrent.futures
import datetime

import pytest
from harness import contracts, shop, wait
from harness.ledger import Ledger
from harness.sbctl import Sbctl
from harness.server import WORKING


@pytest.fixture(scope="module")
def alone(start, server):
    """Shares the database of the server that all tests share."""
    return start(database=server.database, program="ledger")


@pytest.fixture
def ledger(server, shop_a) -> Ledger:
    """Over the control plane."""
    return Ledger.begin(server, shop_a)


@pytest.fixture
def other(alone, ledger, shop_a) -> Ledger:
    """The same over the ledger's own program."""
    return Ledger(alone.rest(shop_a.secret), shop_a)


def test_ATenantsKeyPostsOverRestAndGrpc(alone, ledger, other, shop_a):
    first = other.credit("ann", 10, referenceId="r")
    assert first == ledger.credit("ann", 10, referenceId="r")
    method = contracts.methods()["LedgerService.AddEntry"]
    request = method.request(tenant_id=shop_a.id, member_id="ann", direction=2, amount=4, reference_id="g")
    with alone.grpc(shop_a.secret) as client:
        spent = client.send(method.name, request)
    assert (spent.code, spent.message.source_balance) == ("OK", 6)
    assert (ledger.balance("ann"), other.balance("ann")) == (6, 6)
    assert other.verify()["intact"]


def test_TheChainVerifiesWithBothWritingAtOnce(alone, server, ledger, other, shop_a):
    clients = (ledger, other)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        posts = [
            pool.submit(clients[i % 2].credit, f"m{i // 2 % 5}", 1, referenceId=f"r{i // 2}") for i in range(400)
        ] + [pool.submit(clients[i % 2].credit, "own", 1, referenceId=f"{i}") for i in range(100)]
        entries = {post.result()["entryId"] for post in posts}
    assert entries == {str(i) for i in range(1, 301)}
    for one in (server, alone):
        verdict = Sbctl(f"http://{one.http_address}", shop_a.secret)("ledger", "verify", shop_a.id, "--rules", "--json").json
        assert (verdict["intact"], verdict["entries"]) == (True, "300")
    assert ledger.verify()["intact"] and other.verify()["intact"]


def test_ItHostsTheLedgerAndNothingElse(alone, server, shop_a):
    rest = alone.rest(shop_a.secret)
    for path in (shop_a.path, f"{shop_a.path}/domains", "/v1/queues"):
        assert rest.get(path).status == 404
        assert server.rest(shop_a.secret).get(path).status != 404
    assert alone.rest("").get("/readyz").status == 200
    paths = rest.get("/openapi.json").ok()["paths"]
    assert paths and all("/ledger" in path for path in paths)


def test_WhoMayDoWhatIsTheSame(alone, server, ledger, other, shop_a, shop_b):
    assert alone.rest("sbsk_live_1_wrong").get(f"{other.path}/entries").status == 401
    assert Ledger(alone.rest(shop_b.secret), shop_a).add("ann", "CREDIT", 1).reason == "TENANT_NOT_FOUND"
    own = server.rest(shop_a.secret)
    made = own.post(f"{shop_a.path}/apiKeys", {"displayName": "reads", "scopes": ["ledger:read"]}).ok()
    narrow = Ledger(alone.rest(made["secret"]), shop_a)
    assert narrow.balance("ann") == 0
    assert narrow.add("ann", "CREDIT", 1).reason == "PERMISSION_MISSING"
    # Revoked there, refused here.
    own.post(f"{shop_a.path}/apiKeys/{made['apiKey']['apiKeyId']}:revoke").ok()
    wait.until(lambda: narrow.rest.get(f"{narrow.path}/entries").status == 401, "the key is refused", 1)
    server.rest().post(f"{shop_a.path}:suspend", {}).ok()
    assert other.add("ann", "CREDIT", 1).reason == "TENANT_SUSPENDED"
    server.rest().post(f"{shop_a.path}:resume", {}).ok()
    other.credit("ann", 1)


def test_ItClosesWhatExpires(start):
    """Alone: nobody else closes it."""
    control = start(**WORKING)
    made = shop.create(control.rest())
    wait.until(lambda: control.rest(made.secret).get(made.path).ok()["state"] == "ACTIVE", "it is provisioned", 20)
    posted = Ledger(control.rest(made.secret), made)
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    posted.credit("ann", 5, expireTime=soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    control.stop()
    wait.until(lambda: datetime.datetime.now(datetime.UTC) > soon, "the lot has expired")
    alone = start(database=control.database, program="ledger")
    ledger = Ledger(alone.rest(made.secret), made)
    wait.until(lambda: ledger.balance("ann") == 0, "the lot is closed", 20)
    assert [entry["kind"] for entry in ledger.rest.get(f"{ledger.path}/entries").ok()["entries"]] == ["CREDIT", "EXPIRY"]


def test_ItLeavesTheTasksToWhoHasAllHandlers(start):
    """Even where the settings have workers: a tenant made meanwhile waits for a control plane."""
    control = start()
    alone = start(database=control.database, program="ledger", **WORKING)
    made = shop.create(control.rest())
    steps = control.rest(made.secret).get(f"{made.path}/provisioningSteps").ok()["steps"]
    assert {step["state"] for step in steps} == {"PENDING"}
    worker = start(database=control.database, **WORKING)
    wait.until(lambda: worker.rest(made.secret).get(made.path).ok()["state"] == "ACTIVE", "it is provisioned", 20)
    assert alone.rest("").get("/readyz").status == 200


def test_ItSeedsNothing(start, server, tmp_path):
    with pytest.raises(AssertionError, match="--seed-file is for the control plane"):
        start(database=server.database, program="ledger", args=("--seed-file", str(tmp_path / "seed")))
