"""A key that calls more than it may is refused, whichever process it calls, and told when to come back."""


def test_KeyOverItsLimitIsToldWhenToComeBack(start, server, rest, shop_a):
    """Two processes keep one limit; refusals before the limit was asked cost nothing."""
    secret = rest.post(
        f"{shop_a.path}/apiKeys", {"displayName": "k", "scopes": ["tenant:read"], "requestsPerMinute": 3}
    ).ok()["secret"]
    second = start(database=server.database)
    here, there = server.rest(secret), second.rest(secret)
    for _ in range(5):
        assert here.get(f"{shop_a.path}/apiKeys").reason == "PERMISSION_MISSING"
    remaining = []
    for key in (here, there, here):
        answer = key.get(shop_a.path)
        assert (answer.status, answer.headers["RateLimit-Limit"]) == (200, "3")
        remaining.append(answer.headers["RateLimit-Remaining"])
    assert remaining == ["2", "1", "0"]
    for key in (here, there):
        answer = key.get(shop_a.path)
        assert (answer.status, answer.reason) == (429, "RATE_LIMITED")
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert 0 < int(answer.headers["Retry-After"]) <= 20 < int(answer.headers["RateLimit-Reset"]) <= 60
        assert any(detail["@type"].endswith("RetryInfo") for detail in answer.json["details"])
    with server.grpc(secret) as client:
        answer = client.send("TenantService.GetTenant", {"tenantId": shop_a.id})
        assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED")
