"""sbctl rule: rules of a file, without a server."""

import json
import textwrap

import pytest
from harness.sbctl import Sbctl

RULES = """
triggers:
  - trigger: VISIT
    attributes: [{name: visits, type: int, required: true}, {name: more, type: dyn}]
rules:
  - name: Gold
    trigger: PURCHASE
    condition: user_tier == 'gold' && sub_total >= 1000000
    actions: [{reward_point: {expression: sub_total / 10000}}]
    priority: 5
  - name: Tenth
    trigger: VISIT
    condition: visits % 10 == 0 && type(more) == double
    actions: [{tag: {key: visitor, value: often}}]
contexts:
  - name: small
    trigger: PURCHASE
    context: {order_id: o, user_id: u, user_tier: gold, sub_total: 900000}
  - name: visit
    trigger: VISIT
    context: {visits: 10, more: 1.0}
"""


@pytest.fixture
def sbctl():
    return Sbctl("", "")


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "rules.yaml") -> str:
        (tmp_path / name).write_text(textwrap.dedent(text))
        return str(tmp_path / name)

    return write


def test_LintsRulesAndPointsAtWhatIsWrong(sbctl, write):
    lines = sbctl("rule", "lint", write(RULES)).ok().splitlines()
    assert lines[-1] == "2 rules, 1 triggers: no problem"
    path = write(RULES.replace("sub_total >= 1000000", "sub_total >= 'many'").replace("visits % 10", "visit % 10"))
    done = sbctl("rule", "lint", path)
    assert (done.code, done.err) == (1, "sbctl: 2 problems\n")
    assert done.out.startswith(
        f"{path}:6: rules[0].condition: line 1, column 34: found no matching overload for '_>=_' applied to "
        "'(int, string)'\n | user_tier == 'gold' && sub_total >= 'many'\n | .................................^\n"
    )
    assert f"{path}:11: rules[1].condition: line 1, column 1: undeclared reference to 'visit'" in done.out
    problems = [json.loads(line) for line in sbctl("rule", "lint", path, "--json").out.splitlines()]
    assert [problem["field"] for problem in problems] == ["rules[0].condition", "rules[1].condition"]


def test_EvaluatesContextsOfTheFileAndOfTheCommandLine(sbctl, write):
    path = write(RULES)
    assert sbctl("rule", "eval", path).ok() == (
        "small (PURCHASE)\n  NOT_MATCHED  Gold\n"
        'visit (VISIT)\n  MATCHED      Tenth  {"tag":{"key":"visitor","value":"often"}}\n'
    )
    context = '{"order_id": "o", "user_id": "u", "user_tier": "gold", "sub_total": 2000000}'
    (line,) = sbctl("rule", "eval", path, "--context", context, "--json").ok().splitlines()
    assert json.loads(line)["actions"] == [{"reward_point": {"points": 200}}]
    refused = sbctl("rule", "eval", path, "--context", '{"order_id": 1}')
    assert refused.code == 1 and "context.order_id: must be of the type string, is an int" in refused.err


def test_ExplainsInWords(sbctl, write):
    out = sbctl("rule", "explain", write(RULES), "--rule", "Gold").ok()
    assert "    because sub_total 900000 is below 1000000\n" in out
    assert "    1:34  sub_total >= 1000000  =  false\n" in out


@pytest.mark.parametrize(
    "text, name, problem",
    [
        ("rules: [", "rules.yaml", "line 1"),
        ("what: []", "rules.yaml", "what: is no section"),
        ("rules: {}", "rules.yaml", "rules: must be a list"),
        ('{"rules": [}', "rules.json", "parse error"),
        ("a: 1\na: 2", "rules.yaml", "a is there twice"),
    ],
)
def test_RefusesWhatIsNoFileOfRules(sbctl, write, text, name, problem):
    done = sbctl("rule", "lint", write(text, name))
    assert done.code == 1 and problem in done.err


def test_RulesAsJsonAreTheSame(sbctl, write):
    rule = {"name": "R", "trigger": "REFUND", "condition": "amount > 5", "actions": [{"voucher": {"pool": "p"}}]}
    assert sbctl("rule", "lint", write(json.dumps({"rules": [rule]}), "r.json")).ok().endswith("1 rules, 0 triggers: no problem\n")
    done = sbctl("rule", "lint", write(json.dumps({"rules": [{**rule, "colour": 1}]}), "r.json"))
    assert "rules[0].colour: is no field" in done.out
    assert sbctl("rule", "lint", "/nowhere").code == 1


def test_AnotherCurrencyIsPointedAt(sbctl, write):
    text = """
    triggers: [{trigger: SALE, attributes: [{name: total, type: money(IDR)}]}]
    rules: [{name: R, trigger: SALE, condition: "total >= money(10, 'USD')", actions: [{voucher: {pool: p}}]}]
    contexts: [{trigger: SALE, context: {total: {amount: 1050, currency: IDR}}}]
    """
    assert sbctl("rule", "lint", write(text)).out.endswith(
        "rules[0].condition: line 1, column 7: different currencies: '_>=_' applied to '(money(IDR), money(USD))'\n"
        " | total >= money(10, 'USD')\n | ......^\n"
    )
    assert "because total 10.50 IDR is at least 0.10 IDR" in sbctl(
        "rule", "explain", write(text.replace("USD", "IDR"))
    ).ok()


def test_LintTellsWhatRulesMayCost(sbctl, write):
    condition = "items.exists(i, i.qty > 1)"
    path = write(RULES.replace("user_tier == 'gold' && sub_total >= 1000000", condition))
    out = sbctl("rule", "lint", path).ok()
    assert f"{path}:6: rules[0]: warning: may cost more than its limit of 10000" in out
    assert f"{path}:11: rules[1]: costs 4 to " in out
    first, second = (json.loads(line) for line in sbctl("rule", "lint", path, "--json").ok().splitlines())
    assert first["most"] > 10000 and "warning" in first and "warning" not in second
    dear = write(RULES.replace("sub_total >= 1000000", "lists.range(90000).map(i, user_id).size() > 1"))
    assert sbctl("rule", "lint", dear).code == 0  # the tier is looked at first
    dear = write(RULES.replace("user_tier == 'gold' && sub_total >=", "lists.range(90000).map(i, i).size() >="))
    assert "rules[0].condition: costs at least" in sbctl("rule", "lint", dear).out
