"""AuditService: what a tenant sees of its trail, its export and its proof."""

import hashlib
import itertools
import json
import struct
from datetime import datetime, timezone

import pytest
from harness import shop
from harness.sbctl import Sbctl

PROTOCOLS = ["rest", "grpc"]


@pytest.fixture(scope="module")
def own(start):
    """A server of its own: the platform's trail is counted, and trails are tampered with."""
    return start()


@pytest.fixture
def made(own):
    """A shop with five events: itself and four keys."""
    made = shop.create(own.rest())
    for i in range(4):
        own.rest(made.secret).post(f"{made.path}/apiKeys", {"displayName": f"till {i}", "scopes": ["tenant:read"]}).ok()
    return made


@pytest.fixture
def sbctl(own, made):
    return Sbctl(f"http://{own.http_address}", made.secret)


def tamper(own, sql: str):
    """As somebody who owns the server may."""
    own.stack.psql("set session_replication_role = replica", sql, database=own.database)


def event_hash(previous: str, event: dict) -> str:
    """As audit.proto describes it."""

    def field(value: bytes | None) -> bytes:
        return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value

    time = datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00"))
    since = time - datetime(2000, 1, 1, tzinfo=timezone.utc)
    microseconds = (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    numbers = (int(event["tenantId"]), int(event["eventNumber"]), microseconds)
    texts = (event["principal"], event["method"], event["resource"])
    digests = (event["beforeDigest"], event["afterDigest"])
    return hashlib.sha256(
        field(bytes.fromhex(previous))
        + b"".join(field(struct.pack(">q", number)) for number in numbers)
        + b"".join(field(text.encode()) for text in texts)
        + b"".join(field(bytes.fromhex(digest) if digest else None) for digest in digests)
        + field(event["requestId"].encode())
    ).hexdigest()


def test_ListsTheNewestFirst(own, made):
    rest = own.rest(made.secret)
    events = rest.get(f"{made.path}/auditEvents").ok()["events"]
    assert [int(event["eventNumber"]) for event in events] == [5, 4, 3, 2, 1]
    assert {event["tenantId"] for event in events} == {made.id}
    first = events[-1]
    assert first["method"].endswith("TenantService/CreateTenant") and first["resource"] == f"tenants/{made.id}"
    assert first["beforeDigest"] == "" and len(first["afterDigest"]) == 64
    paged, token = [], ""
    while True:
        page = rest.get(f"{made.path}/auditEvents?page_size=2&page_token={token}").ok()
        paged += page["events"]
        token = page["nextPageToken"]
        if not token:
            break
    assert paged == events


@pytest.mark.parametrize(
    "query, numbers",
    [
        ("filter.method=/smallbiznis.identity.v1.ApiKeyService/CreateApiKey", [5, 4, 3, 2]),
        ("filter.resource=tenants/{id}", [1]),
        ("filter.principal={key}", [5, 4, 3, 2]),
        ("filter.principal={key}&filter.resource=tenants/{id}", []),
        ("filter.startTime={third}", [5, 4, 3]),
        ("filter.endTime={third}", [2, 1]),
        ("filter.principal=nobody", []),
    ],
)
def test_Filters(own, made, query, numbers):
    rest = own.rest(made.secret)
    third = rest.get(f"{made.path}/auditEvents").ok()["events"][2]["eventTime"]
    query = query.format(id=made.id, key="api_key:" + made.api_key["apiKeyId"], third=third)
    events = rest.get(f"{made.path}/auditEvents?{query}").ok()["events"]
    assert [int(event["eventNumber"]) for event in events] == numbers


def test_APageTokenIsOfItsFilter(own, made):
    rest = own.rest(made.secret)
    token = rest.get(f"{made.path}/auditEvents?page_size=2").ok()["nextPageToken"]
    answer = rest.get(f"{made.path}/auditEvents?page_size=2&filter.method=/x&page_token={token}")
    assert (answer.status, answer.fields) == (400, ["page_token"])
    answer = rest.get(f"{made.path}/auditEvents:export?page_token={token}")
    assert (answer.status, answer.fields) == (400, ["page_token"])
    token = rest.get(f"{made.path}/auditEvents:export?page_size=2").ok()["nextPageToken"]
    rest.get(f"{made.path}/auditEvents:export?page_size=3&page_token={token}").ok()
    for query in ("filter.method=/x", "after_event_number=1"):
        answer = rest.get(f"{made.path}/auditEvents:export?page_size=2&{query}&page_token={token}")
        assert (answer.status, answer.fields) == (400, ["page_token"])
    assert rest.get(f"{made.path}/auditEvents:export?page_size=1001").fields == ["page_size"]


def export(own, made, between_pages=lambda: None, **request) -> list[dict]:
    """Each line's hash is what it must be by the line alone."""
    lines, token = "", ""
    with own.grpc(made.secret) as grpc:
        while True:
            asked = {"tenantId": made.id, "pageToken": token, "pageSize": 2, **request}
            page = grpc.call("AuditService.ExportAuditEvents", asked)
            lines += page.ndjson
            token = page.next_page_token
            if not token:
                break
            assert lines.count("\n") < 100, "it goes on and on"
            between_pages()
    assert lines.endswith("}\n") or not lines
    events = [json.loads(line) for line in lines.splitlines()]
    for event in events:
        assert event["hash"] == event_hash(event["previousHash"], event)
    return events


def numbers_of(events: list[dict]) -> list[int]:
    return [int(event["eventNumber"]) for event in events]


def check_chain(events: list[dict], first: int = 1):
    """They follow each other without a gap, which their own hashes prove."""
    assert numbers_of(events) == list(range(first, first + len(events)))
    assert first > 1 or events[0]["previousHash"] == ""
    for before, after in itertools.pairwise(events):
        assert after["previousHash"] == before["hash"]


def grow(own, made, count: int):
    """That many more events, chained as audit.append chains them, and faster."""
    own.stack.psql(
        f"""
        set session_replication_role = replica;
        do $$
        declare
          last audit.heads;
          now timestamptz := clock_timestamp();
        begin
          select * into last from audit.heads where tenant_id = {made.id};
          for i in 1..{count} loop
            last.event_number := last.event_number + 1;
            last.hash := sha256(audit.field(last.hash) || audit.field(int8send(last.tenant_id))
              || audit.field(int8send(last.event_number)) || audit.field(timestamptz_send(now)) || audit.field('p')
              || audit.field('m') || audit.field(convert_to('r' || i % 1000, 'UTF8')) || audit.field(null)
              || audit.field(null) || audit.field('q'));
            insert into audit.events
            values (last.tenant_id, last.event_number, now, 'p', 'm', 'r' || i % 1000, null, null, 'q', last.hash);
          end loop;
          update audit.heads set event_number = last.event_number, hash = last.hash where tenant_id = {made.id};
        end $$
        """,
        database=own.database,
    )


def test_AnExportIsAChainThatAnybodyCanCheck(own, made):
    events = export(own, made)
    assert len(events) == 5
    check_chain(events)
    check_chain(export(own, made, afterEventNumber=2), first=3)
    verdict = own.rest(made.secret).get(f"{made.path}/auditEvents:verify").ok()
    assert verdict == {"verified": {"eventNumber": "5", "hash": events[-1]["hash"]}, "complete": True}
    listed = own.rest(made.secret).get(f"{made.path}/auditEvents").ok()["events"]
    assert listed == events[::-1]


@pytest.mark.parametrize(
    "wanted, numbers",
    [
        ({"method": "/smallbiznis.identity.v1.ApiKeyService/CreateApiKey"}, [2, 3, 4, 5]),
        ({"resource": "tenants/{id}"}, [1]),
        ({"principal": "{key}"}, [2, 3, 4, 5]),
        ({"principal": "{key}", "resource": "tenants/{id}"}, []),
        ({"startTime": "{third}"}, [3, 4, 5]),
        ({"endTime": "{third}"}, [1, 2]),
        ({"principal": "nobody"}, []),
    ],
)
def test_AnExportIsOfWhatIsAskedFor(own, made, wanted, numbers):
    names = {"id": made.id, "key": "api_key:" + made.api_key["apiKeyId"], "third": export(own, made)[2]["eventTime"]}
    wanted = {name: value.format(**names) for name, value in wanted.items()}
    assert numbers_of(export(own, made, filter=wanted)) == numbers
    after = [number for number in numbers if number > 3]
    assert numbers_of(export(own, made, filter=wanted, afterEventNumber=3)) == after


def test_AnExportOfAGrowingTrailEnds(own, made):
    events = export(own, made, lambda: grow(own, made, 3))
    assert len(events) == 5
    check_chain(events)
    check_chain(export(own, made, afterEventNumber=5, pageSize=1000), first=6)


def test_ALargeTrailIsExported(own, made, sbctl):
    grow(own, made, 100_000)
    events = [json.loads(line) for line in sbctl("audit", "export", made.id).ok().splitlines()]
    assert len(events) == 100_005
    check_chain(events)
    for event in events[::1000]:
        assert event["hash"] == event_hash(event["previousHash"], event)
    some = [json.loads(line) for line in sbctl("audit", "export", made.id, "--resource", "r7").ok().splitlines()]
    assert numbers_of(some) == list(range(5 + 7, 100_005, 1000))


def test_VerificationNamesTheFirstBadEvent(own, made, sbctl):
    assert "events 1 to 5" in sbctl("audit", "verify", made.id).ok()
    noted = sbctl("audit", "verify", made.id).ok().splitlines()[-1]
    tamper(own, f"update audit.events set principal = 'api_key:1' where tenant_id = {made.id} and event_number = 3")
    verdict = own.rest(made.secret).get(f"{made.path}/auditEvents:verify").ok()
    assert verdict["badEvent"] == {"eventNumber": "3", "flaw": "CHANGED"}
    assert (verdict["verified"]["eventNumber"], verdict["complete"]) == ("2", False)
    failed = sbctl("audit", "verify", made.id)
    assert (failed.code, failed.err) == (1, "sbctl: event 3 is not as it was written (CHANGED)\n")
    # What follows a place that is trusted is still whole.
    assert sbctl("audit", "verify", made.id, "--start", noted).ok() == f"no events\n{noted}\n"
    tamper(own, f"delete from audit.events where tenant_id = {made.id} and event_number > 3")
    assert "event 5" in sbctl("audit", "verify", made.id, "--start", noted).err


@pytest.mark.parametrize(
    "query, field",
    [
        ("start.eventNumber=-1", "start.event_number"),
        ("start.eventNumber=1", "start.hash"),
        ("start.eventNumber=1&start.hash=" + "g" * 64, "start.hash"),
        ("start.eventNumber=1&start.hash=" + "A" * 64, "start.hash"),
        ("start.hash=" + "a" * 64, "start.hash"),
    ],
)
def test_RefusesAStartThatIsNone(own, made, query, field):
    answer = own.rest(made.secret).get(f"{made.path}/auditEvents:verify?{query}")
    assert (answer.status, answer.fields) == (400, [field])


def test_ThePlatformsTrailIsThePlatforms(own, made):
    own.rest().get("/v1/tenants/0/auditEvents").ok()
    own.rest().get("/v1/tenants/0/auditEvents:verify").ok()
    foreign = own.rest(made.secret).get("/v1/tenants/0/auditEvents", x_request_id="same")
    missing = own.rest(made.secret).get("/v1/tenants/1/auditEvents", x_request_id="same")
    assert foreign.status == 404 and foreign.body == missing.body
    assert own.rest().get("/v1/tenants/1/auditEvents").status == 404


@pytest.mark.parametrize(
    "scope, statuses", [("audit:read", (200, 403, 200)), ("audit:export", (403, 200, 403)), ("tenant:read", (403,) * 3)]
)
def test_Permissions(own, made, scope, statuses):
    rest = own.rest(made.secret)
    key = rest.post(f"{made.path}/apiKeys", {"displayName": "auditor", "scopes": [scope]}).ok()["secret"]
    auditor = own.rest(key)
    assert statuses == tuple(auditor.get(f"{made.path}/auditEvents{verb}").status for verb in ("", ":export", ":verify"))


def test_AMutationWhoseRowCannotBeWrittenFails(own, made):
    rest = own.rest(made.secret)
    request_id, before = shop.unique("request"), own.dump(own.tenant_tables(), f"tenant_id = {made.id}")
    revoke = "revoke execute on function audit.append from smallbiznis_app"
    own.stack.psql(revoke, database=own.database, role="owner")
    try:
        answer = rest.patch(made.path, {"name": "Unseen"}, x_request_id=request_id, idempotency_key=request_id)
    finally:
        own.stack.psql(revoke.replace("revoke", "grant").replace(" from ", " to "), database=own.database, role="owner")
    assert answer.status == 500
    assert own.dump(own.tenant_tables(), f"tenant_id = {made.id}") == before
    assert rest.get(made.path).ok()["name"] == made.tenant["name"]
    rest.patch(made.path, {"name": "Seen"}, x_request_id=request_id, idempotency_key=request_id).ok()


def test_Sbctl(own, made, sbctl):
    table = [line.split() for line in sbctl("audit", "list", made.id, "--limit", "2").ok().splitlines()]
    assert table[0] == ["NUMBER", "TIME", "PRINCIPAL", "METHOD", "RESOURCE", "REQUEST"]
    assert [row[0] for row in table[1:]] == ["5", "4"] and table[1][4] == "ApiKeyService/CreateApiKey"
    assert sbctl("audit", "list", made.id, "--resource", "nothing").ok() == "no events\n"
    assert len(sbctl("audit", "list", made.id, "--from", "2000-01-01T00:00:00Z", "--json").json["events"]) == 5
    assert sbctl("audit", "list", made.id, "--to", "2000-01-01T00:00:00Z").ok() == "no events\n"
    assert sbctl("audit", "list", made.id, "--to", "yesterday").code == 2
    exported = sbctl("audit", "export", made.id, "--after", "2").ok()
    assert [json.loads(line)["eventNumber"] for line in exported.splitlines()] == ["3", "4", "5"]
    wanted = ("--method", "/smallbiznis.identity.v1.ApiKeyService/CreateApiKey", "--from", "2000-01-01T00:00:00Z")
    exported = sbctl("audit", "export", made.id, "--after", "3", *wanted).ok()
    assert [json.loads(line)["eventNumber"] for line in exported.splitlines()] == ["4", "5"]
    assert sbctl("audit", "export", made.id, "--to", "2000-01-01T00:00:00Z").ok() == ""
    assert sbctl("audit", "verify", "platform").err.endswith("(TENANT_NOT_FOUND)\n")
