"""Rules over REST and gRPC: saved, refused with a caret, versioned, matched, and in force everywhere."""

import json

import pytest
from harness import shop, wait

GOLD = {
    "name": "Gold",
    "trigger": "PURCHASE",
    "condition": "user_tier == 'gold' && sub_total >= 1000000",
    "actions": [{"rewardPoint": {"expression": "sub_total / 10000"}}],
    "priority": 10,
}


class Rules:
    def __init__(self, rest, made: shop.Shop):
        self.rest, self.base, self.path = rest, made.path, f"{made.path}/rules"

    def create(self, active: bool = False, **fields) -> dict:
        made = self.rest.post(self.path, {**GOLD, **fields}).ok()
        return self.rest.post(f"{self.path}/{made['ruleId']}:activate").ok() if active else made

    def evaluate(self, **fields):
        return self.rest.post(f"{self.path}:batchEvaluate", {"trigger": "PURCHASE", **fields})

    def outcomes(self, context: dict, **fields) -> dict:
        results = self.evaluate(context=context, **fields).ok()["results"]
        return {result["ruleId"]: result["outcome"] for result in results}


def purchase(sub_total: int = 2_000_000, **more) -> dict:
    return {"order_id": "o-1", "user_id": "u-1", "sub_total": sub_total, "user_tier": "gold", **more}


@pytest.fixture
def rules(server, shop_a):
    return Rules(server.rest(shop_a.secret), shop_a)


def test_ARuleIsADraftThenActiveThenInactive(rules):
    rule = rules.create()
    assert (rule["state"], rule["version"]) == ("DRAFT", 1)
    path = f"{rules.path}/{rule['ruleId']}"
    assert rules.rest.post(f"{path}:deactivate").reason == "RULE_STATE_CONFLICT"
    assert rules.rest.post(f"{path}:activate").ok()["state"] == "ACTIVE"
    again = rules.rest.post(f"{path}:activate")
    assert (again.status, again.reason) == (400, "RULE_STATE_CONFLICT")
    assert "ACTIVE" in again.json["message"]
    assert rules.rest.post(f"{path}:deactivate").ok()["state"] == "INACTIVE"
    assert rules.rest.patch(path, {"priority": 1}).reason == "RULE_STATE_CONFLICT"
    assert rules.rest.send("DELETE", path).ok()["ruleId"] == rule["ruleId"]
    assert rules.rest.get(path).reason == "RULE_NOT_FOUND"
    assert rules.rest.get(rules.path).ok()["rules"] == []


def test_AnExpressionThatDoesNotCompileIsRefusedWithACaret(rules):
    answer = rules.rest.post(rules.path, {**GOLD, "condition": "sub_total >= 1000 &&\n  user_tier > 5"})
    assert (answer.status, answer.reason, answer.fields) == (400, "RULE_EXPRESSION_INVALID", ["rule.condition"])
    (violation,) = next(d for d in answer.json["details"] if "fieldViolations" in d)["fieldViolations"]
    assert violation["description"] == (
        "line 2, column 13: found no matching overload for '_>_' applied to '(string, int)'\n"
        " |   user_tier > 5\n | ............^"
    )
    assert rules.rest.get(rules.path).ok()["rules"] == []


@pytest.mark.parametrize(
    "change, field",
    [
        ({"name": ""}, "rule.name"),
        ({"condition": "subtotal > 1"}, "rule.condition"),
        ({"condition": "sub_total"}, "rule.condition"),
        ({"condition": "x" * 8193}, "rule.condition"),
        ({"actions": []}, "rule.actions"),
        ({"actions": [{}]}, "rule.actions[0]"),
        ({"actions": [{"cashback": {"amount": 5}}]}, "rule.actions[0].cashback.wallet"),
        ({"actions": [{"rewardPoint": {"expression": "user_id"}}]}, "rule.actions[0].reward_point.expression"),
        ({"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}, "rule.valid_until"),
        ({"costLimit": 1_000_001}, "rule.cost_limit"),
        ({"exclusiveGroup": "A B"}, "rule.exclusive_group"),
    ],
)
def test_RefusesWhatIsNoRule(rules, change, field):
    answer = rules.rest.post(rules.path, {**GOLD, **change})
    assert (answer.status, answer.fields) == (400, [field]), answer.body


def test_EveryChangeIsAVersionAndADecisionNamesIt(rules):
    rule = rules.create(active=True)
    path = f"{rules.path}/{rule['ruleId']}"
    assert rules.rest.patch(path, {"condition": "sub_total >= 5"}).ok()["version"] == 2
    assert rules.rest.patch(path, {"condition": "sub_total >= 5"}).ok()["version"] == 2
    assert rules.rest.patch(path, {"priority": 3, "version": 1}).reason == "RULE_CHANGED"
    assert rules.rest.patch(path, {"trigger": "REFUND"}).fields == ["rule.trigger"]
    versions = rules.rest.get(f"{path}/versions?page_size=1").ok()
    assert [each["version"] for each in versions["versions"]] == [2]
    more = rules.rest.get(f"{path}/versions?page_size=1&page_token={versions['nextPageToken']}").ok()
    assert [each["condition"] for each in more["versions"]] == [GOLD["condition"]]
    assert rules.rest.get(f"{path}?version=1").ok()["condition"] == GOLD["condition"]
    assert rules.rest.get(f"{path}?version=3").reason == "RULE_NOT_FOUND"

    def decided() -> list:
        return rules.evaluate(context=purchase(7)).ok()["results"]

    wait.until(lambda: decided()[0]["version"] == 2, "the new version decides", 1)
    assert decided()[0]["outcome"] == "MATCHED"
    old = rules.rest.post(f"{path}:evaluate", {"context": purchase(7), "version": 1}).ok()
    assert (old["outcome"], old["version"]) == ("NOT_MATCHED", 1)


def test_MatchesNotMatchesAndErrorsAreTold(rules):
    gold = rules.create(active=True)["ruleId"]
    silver = rules.create(active=True, name="Silver", condition="user_tier == 'silver'", priority=5)["ruleId"]
    broken = rules.create(active=True, name="Broken", condition="items[0].qty > 1", priority=1)["ruleId"]
    draft = rules.create(condition="true")["ruleId"]
    expected = {gold: "MATCHED", silver: "NOT_MATCHED", broken: "ERROR"}
    wait.until(lambda: rules.outcomes(purchase()) == expected, "all rules are in force", 1)
    answer = rules.evaluate(context=purchase()).ok()
    assert [result["ruleId"] for result in answer["results"]] == [gold, silver, broken]
    assert answer["results"][0]["actions"] == [{"rewardPoint": {"points": "200", "expression": ""}}]
    assert "no such attribute: items" in answer["results"][2]["reason"]
    assert answer["results"][2]["actions"] == []
    counts = [answer[name] for name in ("matchedCount", "notMatchedCount", "errorCount", "skippedCount")]
    assert counts == [1, 1, 1, 0]
    assert set(rules.outcomes(purchase(), matchesOnly=True)) == {gold, broken}
    assert draft not in rules.outcomes(purchase())


def test_NumbersKeepTheirTypeOverEveryProtocol(rules, server, shop_a):
    condition = "type(attributes.one) == int && type(attributes.real) == double && attributes.big == 9007199254740993"
    rule = rules.create(condition=condition)["ruleId"]
    body = (
        '{"context": {"order_id": "o", "user_id": "u", "sub_total": 1, '
        '"attributes": {"one": 1, "real": 1.0, "big": 9007199254740993}}}'
    )
    answer = rules.rest.post(f"{rules.path}/{rule}:evaluate", body.encode()).ok()
    assert answer["outcome"] == "MATCHED", answer
    connect = {"tenantId": shop_a.id, "ruleId": rule}
    sent = json.dumps(connect)[:-1] + ", " + body[1:]
    answer = rules.rest.post("/smallbiznis.rule.v1.RuleService/EvaluateRule", sent.encode()).ok()
    assert answer["outcome"] == "MATCHED", answer
    with server.grpc(shop_a.secret) as client:
        context = {"json": body[len('{"context": ') : -1]}
        answer = client.call("RuleService.EvaluateRule", {**connect, "context": context})
    assert answer.reason == "" and answer.outcome == 1


@pytest.mark.parametrize(
    "context, field",
    [
        ({"sub_total": 1.0}, "context.sub_total"),
        ({"sub_total": "1"}, "context.sub_total"),
        ({"items": [{"sku": 1}, 2]}, "context.items[1]"),
        ({"what": 1}, "context.what"),
        ({"order_id": None}, "context.order_id"),
    ],
)
def test_RefusesWhatIsNoContext(rules, context, field):
    answer = rules.evaluate(context={**purchase(), **context})
    assert (answer.status, answer.fields) == (400, [field]), answer.body


def test_ExplainsInWordsAndByEverySubExpression(rules):
    rule = rules.create()["ruleId"]
    answer = rules.rest.post(f"{rules.path}/{rule}:explain", {"context": purchase(900_000)}).ok()
    assert answer["result"]["outcome"] == "NOT_MATCHED"
    assert answer["reasons"] == ["sub_total 900000 is below 1000000"]
    steps = [(step["expression"], step["value"], step["line"], step["column"]) for step in answer["steps"]]
    assert ("sub_total", "900000", 1, 24) in steps and ("sub_total >= 1000000", "false", 1, 34) in steps
    matched = rules.rest.post(f"{rules.path}/{rule}:explain", {"context": purchase()}).ok()
    assert matched["result"]["actions"] == [{"rewardPoint": {"points": "200", "expression": ""}}]
    assert matched["reasons"] == ['user_tier "gold" is "gold"', "sub_total 2000000 is at least 1000000"]


def test_SimulatesVersionsOverContextsOfThePast(rules, rest):
    rule = rules.create(active=True)["ruleId"]
    rules.rest.patch(f"{rules.path}/{rule}", {"condition": "user_tier == 'gold' && sub_total >= 500000"}).ok()
    draft = rules.create(condition="user_tier == 'silver'")["ruleId"]
    contexts = [purchase(1_500_000), purchase(700_000), purchase(100), purchase(100, user_tier="silver"), {"x": 1}]
    asked = {
        "trigger": "PURCHASE",
        "contexts": [{"context": each, "time": "2026-01-01T00:00:00Z"} for each in contexts],
        "baseline": [{"ruleId": rule, "version": 1}],
        "candidate": [{"ruleId": rule, "version": 2}, {"ruleId": draft, "version": 1}],
    }
    answer = rules.rest.post(f"{rules.path}:simulate", asked).ok()
    assert [each["differs"] for each in answer["contexts"]] == [False, True, False, True, False]
    fired = [[one["ruleId"] for one in each["candidate"]] for each in answer["contexts"]]
    assert fired == [[rule], [rule], [], [draft], []]
    assert answer["contexts"][0]["baseline"][0]["version"] == 1
    assert "context.x" in answer["contexts"][4]["error"]
    assert answer["differingCount"] == 2
    counts = {each["ruleId"]: (each["baselineFired"], each["candidateFired"]) for each in answer["rules"]}
    assert counts == {rule: (1, 2), draft: (0, 1)}
    without = rules.rest.post(f"{rules.path}:simulate", {**asked, "candidate": [{"ruleId": rule}]}).ok()
    assert [each["candidate"] for each in without["contexts"]] == [[]] * 5
    theirs = Rules(rest, shop.create(rest)).create()["ruleId"]
    refused = rules.rest.post(f"{rules.path}:simulate", {**asked, "candidate": [{"ruleId": theirs, "version": 1}]})
    assert (refused.status, refused.reason) == (404, "RULE_NOT_FOUND")
    for wrong in ({"contexts": []}, {"trigger": "REFUND"}, {"trigger": "NOTHING", "baseline": [], "candidate": []}):
        assert rules.rest.post(f"{rules.path}:simulate", {**asked, **wrong}).status in (400, 404), wrong


def test_AnalyzesTheActiveRulesOfATrigger(rules):
    never = rules.create(active=True, condition="sub_total > 5 && sub_total < 3")["ruleId"]
    always = rules.create(active=True, condition="sub_total >= 0 || sub_total < 0", priority=5)["ruleId"]
    gold = rules.create(active=True, priority=3)["ruleId"]

    def analyzed() -> dict:
        return rules.rest.get(f"{rules.path}:analyze?trigger=PURCHASE").ok()

    wait.until(lambda: len(analyzed()["rules"]) == 3, "all rules are in force", 1)
    answer = analyzed()
    found = {each["ruleId"]: (each["unreachable"], each["alwaysTrue"]) for each in answer["rules"]}
    assert found == {never: ("PROVEN", "REFUTED"), always: ("REFUTED", "PROVEN"), gold: ("REFUTED", "REFUTED")}
    (overlap,) = answer["overlaps"]
    assert (overlap["ruleId"], overlap["otherRuleId"], overlap["overlap"]) == (always, gold, "PROVEN")
    assert rules.outcomes(overlap["example"]) == {never: "NOT_MATCHED", always: "MATCHED", gold: "MATCHED"}
    assert not answer["truncated"]
    assert rules.rest.get(f"{rules.path}:analyze?trigger=NOTHING").reason == "TRIGGER_NOT_FOUND"


def test_TriggersOfATenantsOwn(rules):
    visit = {"trigger": "VISIT", "attributes": [{"name": "visits", "type": "int", "required": True}]}
    assert rules.rest.post(f"{rules.base}/triggers", visit).ok()["builtIn"] is False
    assert rules.rest.post(f"{rules.base}/triggers", visit).reason == "TRIGGER_EXISTS"
    assert rules.rest.post(f"{rules.base}/triggers", {**visit, "trigger": "REFUND"}).reason == "TRIGGER_BUILT_IN"
    names = [each["trigger"] for each in rules.rest.get(f"{rules.base}/triggers").ok()["triggers"]]
    assert names == ["CAMPAIGN", "ORDER_CREATED", "PURCHASE", "REFUND", "USER_SIGNUP", "VISIT"]
    path = f"{rules.base}/triggers/VISIT"
    assert rules.rest.patch(path, {"attributes": [{"name": "visits", "type": "string"}]}).status == 200
    assert rules.rest.patch(path, {"attributes": visit["attributes"]}).status == 200
    rule = rules.create(active=True, trigger="VISIT", condition="visits >= 10", actions=[{"voucher": {"pool": "tea"}}])
    for attributes in (
        [{"name": "visits", "type": "string"}],
        [{"name": "other", "type": "int"}],
        [*visit["attributes"], {"name": "more", "type": "int", "required": True}],
    ):
        refused = rules.rest.patch(path, {"attributes": attributes})
        assert (refused.status, refused.reason) == (400, "TRIGGER_IN_USE"), attributes
    assert rules.rest.send("DELETE", path).reason == "TRIGGER_IN_USE"
    wider = [*visit["attributes"], {"name": "shop", "type": "string"}]
    assert rules.rest.patch(path, {"attributes": wider}).status == 200

    def outcome(context):
        return rules.rest.post(f"{rules.path}:batchEvaluate", {"trigger": "VISIT", "context": context})

    wait.until(lambda: outcome({"visits": 10, "shop": "x"}).status == 200, "the new attribute is known", 1)
    assert outcome({"visits": 10}).ok()["results"][0]["outcome"] == "MATCHED"
    rules.rest.send("DELETE", f"{rules.path}/{rule['ruleId']}").ok()
    rules.rest.send("DELETE", path).ok()
    wait.until(lambda: outcome({"visits": 1}).reason == "TRIGGER_NOT_FOUND", "the trigger is gone", 1)


def test_ListsByTriggerAndState(rules):
    made = [rules.create(name=str(i), active=i == 2)["ruleId"] for i in range(3)]
    other = rules.create(trigger="REFUND", condition="amount > 5", actions=[{"voucher": {"pool": "x"}}])["ruleId"]

    def listed(query: str) -> list:
        return [rule["ruleId"] for rule in rules.rest.get(f"{rules.path}?{query}").ok()["rules"]]

    assert listed("") == [*made, other]
    assert listed("filter.trigger=REFUND") == [other]
    assert listed("filter.states=ACTIVE") == [made[2]]
    assert listed("filter.states=DRAFT&filter.states=ACTIVE&filter.trigger=PURCHASE") == made
    first = rules.rest.get(f"{rules.path}?page_size=3").ok()
    assert listed(f"page_size=3&page_token={first['nextPageToken']}") == [other]
    assert rules.rest.get(f"{rules.path}?filter.trigger=REFUND&page_token={first['nextPageToken']}").status == 400


def test_AChangeIsInForceInEveryProcessWithinASecond(start, server, rules, shop_a):
    other = Rules(start(server.database).rest(shop_a.secret), shop_a)
    assert rules.outcomes(purchase()) == other.outcomes(purchase()) == {}
    rule = rules.create(active=True)["ruleId"]
    for each in (rules, other):
        wait.until(lambda each=each: each.outcomes(purchase()) == {rule: "MATCHED"}, "the rule is in force", 1)
    rules.rest.post(f"{rules.path}/{rule}:deactivate").ok()
    for each in (rules, other):
        wait.until(lambda each=each: each.outcomes(purchase()) == {}, "the rule is not in force", 1)


def test_AnOperatorAsksForTenantsThatThereAre(rest, rules):
    assert Rules(rest, shop.create(rest)).evaluate(context=purchase()).ok()["results"] == []
    missing = rest.post("/v1/tenants/1/rules:batchEvaluate", {"trigger": "PURCHASE", "context": purchase()})
    assert (missing.status, missing.reason) == (404, "TENANT_NOT_FOUND")


def test_ASuspendedTenantsRulesAreReadAndNotChanged(rest, rules, shop_a):
    rule = rules.create(active=True)["ruleId"]
    rest.post(f"{shop_a.path}:suspend").ok()
    wait.until(lambda: rules.outcomes(purchase()) == {rule: "MATCHED"}, "rules are evaluated", 1)
    assert rules.rest.post(rules.path, GOLD).reason == "TENANT_SUSPENDED"


def test_ProvisioningMakesTheRoomsDefaults(server, start):
    from harness.server import WORKING

    own = start(**WORKING)
    made = shop.create(own.rest())
    wait.until(lambda: own.rest().get(made.path).ok()["state"] == "ACTIVE", "the tenant is ACTIVE", 10)
    assert own.rows(f"select changes from rule.heads where tenant_id = {made.id}") == [{"changes": 0}]


def test_AmountsKeepTheirCurrency(rules):
    sale = {"trigger": "SALE", "attributes": [{"name": "total", "type": "money(IDR)", "required": True}]}
    rules.rest.post(f"{rules.base}/triggers", sale).ok()
    points = [{"rewardPoint": {"expression": "total.percent(10, 'down').amount()"}}]
    of_dollars = {**GOLD, "trigger": "SALE", "condition": "total >= money(1000, 'USD')", "actions": points}
    refused = rules.rest.post(rules.path, of_dollars)
    assert (refused.reason, refused.fields) == ("RULE_EXPRESSION_INVALID", ["rule.condition"])
    assert "different currencies" in str(refused.json)
    rule = rules.create(active=True, trigger="SALE", condition="total >= money('10.00', 'IDR')", actions=points)
    context = {"total": {"amount": 1009, "currency": "IDR"}}

    def matched() -> int:
        return rules.evaluate(trigger="SALE", context=context).ok().get("matchedCount", 0)

    wait.until(lambda: matched() == 1, "the rule is in force", 1)
    (result,) = rules.evaluate(trigger="SALE", context=context).ok()["results"]
    assert result["actions"][0]["rewardPoint"]["points"] == "100"
    context = {"total": {"amount": 1009, "currency": "USD"}}
    wrong = rules.evaluate(trigger="SALE", context=context)
    assert wrong.fields == ["context.total"], wrong.json
    context = {"total": {"amount": 999, "currency": "IDR"}}
    explained = rules.rest.post(f"{rules.path}/{rule['ruleId']}:explain", {"context": context}).ok()
    assert explained["reasons"] == ["total 9.99 IDR is below 10.00 IDR"]


def test_WhatARuleMayCostIsToldWhenItIsSaved(rules):
    assert rules.create()["costWarning"] == ""
    loop = rules.create(condition="items.all(i, items.exists(j, j.qty >= i.qty))")
    assert "may cost more than its limit of 10000" in loop["costWarning"]
    path = f"{rules.path}/{loop['ruleId']}"
    assert rules.rest.patch(path, {"condition": "sub_total > 1"}).ok()["costWarning"] == ""
    dear = {**GOLD, "condition": "lists.range(20000).map(i, sub_total).size() > 3"}
    refused = rules.rest.post(rules.path, dear)
    assert (refused.reason, refused.fields) == ("RULE_EXPRESSION_INVALID", ["rule.condition"])
    assert rules.rest.post(rules.path, {**dear, "costLimit": 200000}).status == 200
