"""Every MUTATE RPC leaves an audit row and, with a key, an idempotency record, in its own transaction."""

import pytest
from harness import contracts, people, shop


def mutations(rest, server, made: shop.Shop) -> dict:
    """How to make each mutation succeed, in an order in which they all can: name -> call(headers)."""
    base = made.path
    extra = {}

    def create_key(**headers):
        answer = rest.post(f"{base}/apiKeys", {"displayName": "till", "scopes": ["tenant:read"]}, **headers)
        extra["key"] = answer.ok()["apiKey"]["apiKeyId"]
        return answer

    def run_parked(**headers):
        (row,) = server.rows(f"select min(id) as id from outbox.messages where tenant_id = {made.id}")
        server.stack.psql(
            f"update outbox.messages set parked_at = now(), last_error = 'x' where id = {row['id']}",
            database=server.database,
        )
        return rest.post(f"{base}/parkedMessages/{row['id']}:run", {}, **headers)

    def create_rule(**headers):
        rule = {"name": "r", "trigger": "PURCHASE", "condition": "true", "actions": [{"voucher": {"pool": "p"}}]}
        answer = rest.post(f"{base}/rules", rule, **headers)
        extra["rule"] = answer.ok()["ruleId"]
        return answer

    def rule_path() -> str:
        return f"{base}/rules/{extra['rule']}"

    def invite(**headers):
        answer = rest.post(f"{base}/invitations", {"email": "ann@shop.example", "role": "viewer"}, **headers)
        extra["invitation"] = answer.ok()["invitationId"]
        return answer

    user = str(int(made.id) + 1)
    server.stack.psql(
        people.insert_user(user, f"{user}@shop.example"),
        f"insert into identity.members values ({made.id}, {user}, 'viewer', now(), now())",
        database=server.database,
    )
    attributes = [{"name": "n", "type": "int"}]
    ledger = f"{base}/ledger"
    return {
        "LedgerService.CreateUnit": lambda **headers: rest.post(f"{ledger}/units", {"unit": "STAR"}, **headers),
        "LedgerProofService.RotateSigningKey": lambda **headers: rest.post(
            "/v1/ledger/signingKeys:rotate", {}, **headers
        ),
        "RuleService.CreateRule": create_rule,
        "RuleService.UpdateRule": lambda **headers: rest.patch(rule_path(), {"priority": 5}, **headers),
        "RuleService.ActivateRule": lambda **headers: rest.post(f"{rule_path()}:activate", **headers),
        "RuleService.DeactivateRule": lambda **headers: rest.post(f"{rule_path()}:deactivate", **headers),
        "RuleService.DeleteRule": lambda **headers: rest.send("DELETE", rule_path(), **headers),
        "RuleService.CreateTrigger": lambda **headers: rest.post(
            f"{base}/triggers", {"trigger": "VISIT", "attributes": attributes}, **headers
        ),
        "RuleService.UpdateTrigger": lambda **headers: rest.patch(
            f"{base}/triggers/VISIT", {"description": "x"}, **headers
        ),
        "RuleService.DeleteTrigger": lambda **headers: rest.send("DELETE", f"{base}/triggers/VISIT", **headers),
        "MemberService.InviteTenantUser": invite,
        "MemberService.RevokeInvitation": lambda **headers: rest.post(
            f"{base}/invitations/{extra['invitation']}:revoke", **headers
        ),
        "MemberService.UpdateTenantUserRole": lambda **headers: rest.post(
            f"{base}/users/{user}:updateRole", {"role": "staff"}, **headers
        ),
        "MemberService.RemoveTenantUser": lambda **headers: rest.post(f"{base}/users/{user}:remove", **headers),
        "OutboxService.RunParkedMessage": run_parked,
        "AccessPolicyService.ReloadPolicy": lambda **headers: rest.post("/v1/accessPolicy:reload", **headers),
        "AccessPolicyService.ReplacePolicy": lambda **headers: rest.send("PUT", "/v1/accessPolicy", {}, **headers),
        "AccessService.CreateRole": lambda **headers: rest.post(
            f"{base}/roles", {"role": "cashier", "permissions": ["tenant:read"]}, **headers
        ),
        "AccessService.UpdateRole": lambda **headers: rest.patch(
            f"{base}/roles/cashier", {"description": "x"}, **headers
        ),
        "AccessService.DeleteRole": lambda **headers: rest.send("DELETE", f"{base}/roles/cashier", **headers),
        "TenantService.CreateTenant": lambda **headers: rest.post("/v1/tenants", shop.draft(), **headers),
        "TenantService.UpdateTenant": lambda **headers: rest.patch(base, {"name": "Neu"}, **headers),
        "ApiKeyService.CreateApiKey": create_key,
        "ApiKeyService.RotateApiKey": lambda **headers: rest.post(
            f"{base}/apiKeys/{extra['key']}:rotate", {"grace": "ONE_HOUR"}, **headers
        ),
        "ApiKeyService.RevokeApiKey": lambda **headers: rest.post(f"{base}/apiKeys/{extra['key']}:revoke", **headers),
        "TenantService.RetryProvisioning": lambda **headers: rest.post(f"{base}:retryProvisioning", **headers),
        "TenantService.SuspendTenant": lambda **headers: rest.post(f"{base}:suspend", {"reason": "late"}, **headers),
        "TenantService.ResumeTenant": lambda **headers: rest.post(f"{base}:resume", **headers),
        "TenantService.ArchiveTenant": lambda **headers: (
            rest.post(f"{base}:suspend").ok(),
            rest.post(f"{base}:archive", **headers),
        )[1],
    }


def test_EveryMutationIsAuditedAndRemembered(rest, server, shop_a):
    calls = mutations(rest, server, shop_a)
    # Those of users are in test_users.py.
    mutations_of_keys = {
        name for name, method in contracts.methods().items() if method.effect == "MUTATE" and method.scope != "USER"
    }
    assert set(calls) == mutations_of_keys
    for name, call in calls.items():
        request_id, key = shop.unique("request"), shop.unique("key")
        call(x_request_id=request_id, idempotency_key=key).ok()
        events = server.rows(f"select * from audit.events where request_id = '{request_id}'")
        assert len(events) == 1, name
        event = events[0]
        assert event["method"] == contracts.methods()[name].path
        assert event["principal"].startswith("api_key:"), name
        assert event["after_digest"] or name.split(".")[1].startswith(("Delete", "Remove")), name
        records = server.rows(f"select * from idempotency.answers where key = '{key}'")
        assert len(records) == 1, name


@pytest.mark.parametrize(
    "name, path, body",
    [
        ("refused field", "/v1/tenants", {"name": ""}),
        ("wrong state", "{tenant}:archive", {}),
        ("missing tenant", "/v1/tenants/1:suspend", {}),
    ],
)
def test_FailedMutationLeavesNothing(rest, server, shop_a, name, path, body):
    request_id, key = shop.unique("request"), shop.unique("key")
    answer = rest.post(path.replace("{tenant}", shop_a.path), body, x_request_id=request_id, idempotency_key=key)
    assert 400 <= answer.status < 500, name
    assert server.rows(f"select 1 from audit.events where request_id = '{request_id}'") == []
    assert server.rows(f"select 1 from idempotency.answers where key = '{key}'") == []


def test_ReadsLeaveNoTrail(rest, server, shop_a):
    before = server.rows("select count(*) from audit.events")
    rest.get(shop_a.path).ok()
    rest.get("/v1/tenants").ok()
    assert server.rows("select count(*) from audit.events") == before


def test_AuditRowsCannotBeChangedByTheProgram(server):
    for statement in ("update audit.events set principal = 'x'", "delete from audit.events", "truncate audit.events"):
        with pytest.raises(RuntimeError, match="permission denied"):
            server.stack.psql("set app.platform = 'on'", statement, database=server.database, role="app")


def test_AuditOfATenantChangeKeepsDigestsOfBothStates(rest, server, shop_a):
    for name in ("First", "Second"):
        rest.patch(shop_a.path, {"name": name}).ok()
    events = server.rows(
        f"select before_digest, after_digest from audit.events where tenant_id = {shop_a.id} and "
        "method like '%/UpdateTenant' order by event_number"
    )
    assert len(events) == 2
    assert events[0]["after_digest"] == events[1]["before_digest"] != events[1]["after_digest"]
    assert events[0]["before_digest"] != events[0]["after_digest"]
