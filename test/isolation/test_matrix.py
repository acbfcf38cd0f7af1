"""Every RPC x every field that refers to something x what it is given x every protocol x every principal: nobody learns
anything of another tenant, nor changes it."""

import dataclasses
import itertools

import pytest
import world
from harness import contracts
from harness.calls import CODES, PROTOCOLS, Caller, Outcome
from harness.ledger import Ledger
from rows import NAMES, PLAIN, REFERENCES, ROWS

METHODS = sorted(contracts.methods())
MALFORMED = ["abc", "0", "-1", "1e3", "01", " 1", "9223372036854775808", "1;select 1", "%00", "../1", "'", "\u202e"]
MALFORMED.append("x" * 5000)
KNOWN = ("a key with every scope", "a key with one scope", "a member with the role viewer")  # to the others no value is ever looked at
# What a refusal may be; never that something went wrong on our side.
EXPECTED = set(CODES) - {"INTERNAL", "UNKNOWN", "DATA_LOSS", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}
REFUSED = {"NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT"}


def texts(descriptor, prefix: str = ""):
    """The paths of all fields that hold text."""
    for field in descriptor.fields:
        if field.message_type is None:
            if field.type in (field.TYPE_STRING, field.TYPE_BYTES):
                yield prefix + field.name
        elif not field.message_type.full_name.startswith("google."):
            yield from texts(field.message_type, f"{prefix}{field.name}.")


def with_value(request, path: str, value: str):
    changed = type(request)()
    changed.CopyFrom(request)
    message = changed
    *outer, last = path.split(".")
    for name in outer:
        message = getattr(message, name)
    setattr(message, last, value)
    return changed


def references(method: contracts.Method) -> list[str]:
    chosen = ROWS[method.name].chosen | (NAMES if method.effect != "READ" else set())
    return [path for path in texts(method.request.DESCRIPTOR) if path in REFERENCES and path not in chosen]


def everything_of(server, one: world.World) -> str:
    return server.dump(server.tenant_tables(), f"tenant_id = {one.made.id}")


def without(outcome: Outcome, name: str) -> Outcome:
    """What is said beside the name that was asked for."""
    return dataclasses.replace(outcome, seen=outcome.seen.replace(name.encode(), b"<name>"))


def check(outcome, theirs: world.World):
    assert outcome.code in EXPECTED, outcome.seen
    if outcome.reason == "ROUTE_NOT_FOUND":
        return  # the path that was asked for is no RPC's: the answer repeats it, and nothing was looked at
    for mark in theirs.marks():
        assert mark not in outcome.seen, (mark, outcome.seen)


def test_EveryRpcHasARowAndEveryTextAClass():
    assert set(ROWS) == set(METHODS), "test/isolation/rows.py does not have the RPCs that there are"
    unknown = {
        path for name in METHODS for path in texts(contracts.methods()[name].request.DESCRIPTOR)
    } - REFERENCES.keys() - PLAIN
    assert not unknown, f"test/isolation/rows.py must say of these fields whether they refer to something: {unknown}"
    assert not REFERENCES.keys() & PLAIN


def foreign_and_nobodys(server, path: str, method: contracts.Method, theirs: world.World) -> tuple[str, str]:
    """Their value of the field, and one of the same form that nobody has."""
    name = REFERENCES[path]
    if name == "page_token":
        theirs_token = world.page_token(server, theirs, method, ROWS[method.name].request) or "A" * 80
        return theirs_token, "B" * len(theirs_token)
    return theirs.values[name], world.nobodys(theirs)[name]


@pytest.mark.parametrize("name", METHODS)
def test_WhatIsTheirsIsAsWhatIsNobodys(server, mine, theirs, callers, name):
    method = contracts.methods()[name]
    own = mine.request(method, ROWS[name].request)
    before = everything_of(server, theirs)
    for path in references(method):
        foreign, nobodys = foreign_and_nobodys(server, path, method, theirs)
        for (principal, caller), protocol in itertools.product(callers.items(), PROTOCOLS):
            first = caller.send(protocol, method, with_value(own, path, foreign))
            second = caller.send(protocol, method, with_value(own, path, nobodys))
            if path in NAMES and first.code == "OK":
                first, second = (without(first, foreign), without(second, nobodys))
            check(first, theirs)
            if first.code == second.code == "OK" and method.effect == "MUTATE":
                continue  # a field that is not looked at: each is a change of its own, with its own time
            assert (first.code, first.seen) == (second.code, second.seen), (path, protocol, principal)
            if path.endswith(("_id", "page_token")) and path not in NAMES:
                assert first.code in REFUSED, (path, protocol, principal, first.seen)
    assert everything_of(server, theirs) == before


@pytest.mark.parametrize("name", METHODS)
def test_EmptyAndMalformedTellNothing(server, mine, theirs, callers, name):
    method = contracts.methods()[name]
    before = everything_of(server, theirs)
    for base, path in itertools.product((mine, theirs), references(method)):
        request = base.request(method, ROWS[name].request)
        for (principal, caller), protocol in itertools.product(callers.items(), PROTOCOLS):
            for value in ("", *(MALFORMED if principal in KNOWN else MALFORMED[:2])):
                check(caller.send(protocol, method, with_value(request, path, value)), theirs)
    assert everything_of(server, theirs) == before


@pytest.mark.parametrize("name", [name for name in METHODS if contracts.methods()[name].effect == "READ"])
def test_AnOperatorsMistakesAreTheOperators(server, mine, name):
    """Operators see every tenant: there is nothing to keep from them, and nothing breaks."""
    method = contracts.methods()[name]
    request = mine.request(method, ROWS[name].request)
    with Caller(server, server.seed["platform_key"]) as caller:
        for path, protocol, value in itertools.product(references(method), PROTOCOLS, ("", *MALFORMED)):
            outcome = caller.send(protocol, method, with_value(request, path, value))
            assert outcome.code in EXPECTED, (path, protocol, value, outcome.seen)


def test_ANameOfTheirsIsFree(server):
    """A tenant's names are its own: that another has one is not told by a refusal."""
    mine, theirs = world.make(server), world.make(server)
    method = contracts.methods()["AccessService.CreateRole"]
    request = with_value(mine.request(method, ROWS[method.name].request), "role", theirs.values["role"])
    with Caller(server, mine.key) as caller:
        assert caller.send("gRPC", method, request).code == "OK"
    ledger = Ledger.begin(server, mine.made)
    entry = ledger.credit(theirs.values["member"], 3, referenceId=theirs.values["reference"])
    assert entry["destinationBalance"] == "3"
    assert ledger.rest.post(f"{ledger.path}/units", {"unit": theirs.values["unit"]}).status == 200


TENANT_METHODS = [name for name in METHODS if contracts.methods()[name].scope == "TENANT"]


@pytest.mark.parametrize("name", TENANT_METHODS)
def test_TheRequestsOfTheMatrixWouldWorkOnOnesOwn(server, name):
    """Otherwise everything were refused, whosever it is."""
    method = contracts.methods()[name]
    for protocol in PROTOCOLS:
        fresh = world.make(server)
        with Caller(server, fresh.key) as caller:
            outcome = caller.send(protocol, method, fresh.request(method, ROWS[name].request))
        assert outcome.code == "OK", (protocol, outcome.seen)


@pytest.mark.parametrize("name", [name for name in TENANT_METHODS if contracts.methods()[name].effect == "MUTATE"])
def test_AnIdempotencyKeyOfTheirsAnswersNothing(server, name):
    method = contracts.methods()[name]
    first, second = world.make(server), world.make(server)
    for protocol in PROTOCOLS:
        with Caller(server, first.key) as one, Caller(server, second.key) as other:
            request = first.request(method, ROWS[name].request)
            one.send(protocol, method, request, idempotency_key=f"{first.canary}-{protocol}")
            for same in (request, second.request(method, ROWS[name].request)):
                outcome = other.send(protocol, method, same, idempotency_key=f"{first.canary}-{protocol}")
                check(outcome, first)
                assert b"replayed" not in outcome.seen.lower()
                assert outcome.code != "ALREADY_EXISTS" or b"IDEMPOTENCY" not in outcome.seen


def test_EachReadsItsOwnAndNothingElse(server, mine, theirs):
    """Every list and every record of one's own, page after page: one's canary is there, the other's is not."""
    for one, other in ((mine, theirs), (theirs, mine)):
        seen = b""
        with Caller(server, one.key) as caller:
            for name in TENANT_METHODS:
                method = contracts.methods()[name]
                if method.effect == "READ":
                    for protocol in PROTOCOLS:
                        outcome = caller.send(protocol, method, one.request(method, ROWS[name].request))
                        assert outcome.code == "OK", (name, outcome.seen)
                        seen += outcome.seen
        for mark in other.marks():
            assert mark not in seen
        for mark in (one.canary, one.values["narrow_id"], one.values["domain_id"]):
            assert mark.encode() in seen, "the matrix would not see a leak"


def test_EveryUserStillIsWhatHeIsCalled(server, mine, theirs, callers):
    """After all of the above: no session has ended meanwhile, and what was refused was refused for its reason."""
    method = contracts.methods()["TenantService.GetTenant"]
    own, foreign = (one.request(method, ROWS[method.name].request) for one in (mine, theirs))
    for name, (_, reason) in world.USERS.items():
        outcome = callers[name].send("REST", method, own)
        assert (outcome.code, outcome.reason) == ("PERMISSION_DENIED" if reason else "OK", reason), name
        assert (mine.canary.encode() in outcome.seen) == (not reason), name
        assert callers[name].send("gRPC", method, foreign).reason == (reason or "TENANT_NOT_FOUND"), name


def test_NoCanaryIsInLogsMetricsOrTraces(server, mine, theirs):
    """After all of the above, in this process's file order: what they call and what they are told is nowhere else."""
    lines = server.log_lines()
    assert sum(line.get("msg", line.get("message")) == "span" for line in lines) > 100
    assert sum(line.get("msg", line.get("message")) == "call" for line in lines) > 100
    log, metrics = server.log(), server.rest("").get("/metrics").body.decode()
    for one in (mine, theirs):
        assert one.canary not in log and one.canary not in metrics
        assert one.key not in log and one.key not in metrics
        assert one.values["tenant_id"] not in metrics
    for one, other in ((mine, theirs), (theirs, mine)):
        of_one = [line for line in lines if str(line.get("tenant_id", "")) == one.values["tenant_id"]]
        assert of_one, "the log does not say of whom a line is"
        for line in of_one:
            for value in (other.values["tenant_id"], *other.ids):
                assert value not in str(line), line
