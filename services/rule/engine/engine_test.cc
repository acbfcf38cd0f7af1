// Contexts, rules and sets of rules, without I/O.
#include <fmt/format.h>

#include <random>

#include "pkg/cel/value/show.h"
#include "services/rule/engine/testing.h"

namespace smallbiznis::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> Fields(const absl::Status& error) {
  std::vector<std::string> fields;
  for (const status::FieldViolation& violation : status::FieldViolations(error)) fields.push_back(violation.field);
  return fields;
}

std::shared_ptr<const Schema> MakeSchema(const std::string& type) {
  const auto schema = Schema::Create({.name = "TEST", .attributes = {{"x", type, "", true}}});
  EXPECT_TRUE(schema.ok()) << schema.status();
  return *schema;
}

// What {"x": json} is as an attribute of `type`: the value, or what is wrong.
std::string ReadAs(const std::string& type, const std::string& json) {
  const auto schema = MakeSchema(type);
  cel::Arena arena;
  cel::Activation activation(schema->env());
  const absl::Status status = ReadContext(*schema, "{\"x\":" + json + "}", absl::UnixEpoch(), arena, activation);
  return status.ok() ? cel::Show(activation.values()[0]) : std::string(status.message());
}

TEST(ContextTest, NumbersKeepTheirTypeFromJson) {
  const std::vector<std::array<std::string, 3>> rows = {
      {"dyn", "1", "1"},
      {"dyn", "1.0", "1.0"},
      {"dyn", "1e2", "100.0"},
      {"int", "1", "1"},
      {"int", "9223372036854775807", "9223372036854775807"},
      {"int", "-9223372036854775808", "-9223372036854775808"},
      {"int", "1.0", "context.x: must be of the type int, is a double"},
      {"int", "9223372036854775808", "context.x: is out of range for the type int"},
      {"dyn", "9223372036854775808", "context.x: is out of range for an int"},
      {"int", "\"1\"", "context.x: must be of the type int, is a string"},
      {"double", "1", "1.0"},
      {"double", "1.5", "1.5"},
      {"uint", "18446744073709551615", "18446744073709551615u"},
      {"uint", "-1", "context.x: is out of range for the type uint"},
      {"bool", "true", "true"},
      {"bool", "1", "context.x: must be of the type bool, is an int"},
      {"timestamp", "\"2026-08-17T09:00:00Z\"", "timestamp(\"2026-08-17T09:00:00Z\")"},
      {"timestamp", "\"today\"", "context.x: must be a time such as \"2026-08-17T09:00:00Z\""},
      {"duration", "\"1h30m\"", "duration(\"5400s\")"},
      {"list(int)", "[1, 2]", "[1, 2]"},
      {"list(int)", "[1, 2.0]", "context.x[1]: must be of the type int, is a double"},
      {"map(string, list(int))", "{\"a\": [1, \"b\"]}", "context.x.a[1]: must be of the type int, is a string"},
      {"map(string, dyn)", "{\"a\": 1, \"a\": 2}", "context.x: has a key twice"},
      {"map(string, dyn)", "{\"a\": null, \"b\": [1.0]}", "{\"a\": null, \"b\": [1.0]}"},
      {"money(USD)", "{\"amount\": 1050, \"currency\": \"USD\"}", "10.50 USD"},
      {"money", "{\"currency\": \"JPY\", \"amount\": -5}", "-5 JPY"},
      {"list(money(USD))", "[{\"amount\": 1, \"currency\": \"USD\"}]", "[0.01 USD]"},
      {"money(USD)", "{\"amount\": 1, \"currency\": \"IDR\"}", "context.x: must be of the type money(USD), is in IDR"},
      {"money", "{\"amount\": 1, \"currency\": \"usd\"}", "context.x: has a currency that is none of ISO 4217"},
      {"money", "{\"amount\": 1.0, \"currency\": \"USD\"}", "context.x: must be minor units and a currency"},
      {"money", "{\"amount\": 9223372036854775808, \"currency\": \"USD\"}", "context.x: must be minor units"},
      {"money", "{\"amount\": 1, \"amount\": 1, \"currency\": \"USD\"}", "context.x: must be minor units"},
      {"money", "{\"amount\": 1}", "context.x: must be minor units and a currency"},
      {"money", "5", "context.x: must be of the type money, is an int"},
      {"int", "null", "context.x: must be given"},
      {"dyn", "null", "null"},
  };
  for (const auto& [type, json, outcome] : rows)
    EXPECT_THAT(ReadAs(type, json), StartsWith(outcome)) << type << " " << json;
}

TEST(ContextTest, RefusesWhatIsNoContext) {
  const std::pair<std::string, std::string> rows[] = {
      {"[]", "context: must be an object"},
      {"{", "context: is not JSON"},
      {"{\"x\":1} 2", "context: is not JSON"},
      {"{\"y\":1}", "context.y: is no attribute of TEST"},
      {"{\"now\":1}", "context.now: is no attribute of TEST"},
      {"{\"x\":1,\"x\":2}", "context.x: is given twice"},
      {"{\"x\":null,\"x\":2}", "context.x: is given twice"},
      {"{}", "context.x: must be given"},
      {"", "context.x: must be given"},
      {"{\"x\":\"\xFF\"}", "context: is not JSON"},
      {"{\"x\":" + std::string(40, '[') + std::string(40, ']') + "}", "context: is not JSON"},
      {"{\"x\":\"" + std::string(kMaxContextBytes, 'a') + "\"}", "context: must have at most 262144 bytes"},
  };
  const auto schema = MakeSchema("dyn");
  for (const auto& [json, problem] : rows) {
    cel::Arena arena;
    cel::Activation activation(schema->env());
    EXPECT_THAT(std::string(ReadContext(*schema, json, absl::UnixEpoch(), arena, activation).message()),
                HasSubstr(problem))
        << json.substr(0, 50);
  }
}

TEST(CompileTest, NamesFieldLineAndColumnWithACaret) {
  Content content = Draft("sub_total >= 'many'");
  content.actions = {RewardPoint{{.fixed = 0, .expression = "sub_total /"}},
                     Cashback{{.fixed = 0, .expression = "user_id"}, "main"}};
  const absl::Status error = CompileRule(PurchaseSchema(), RuleId(1), 1, content).status();
  EXPECT_EQ(status::Reason(error), "RULE_EXPRESSION_INVALID");
  EXPECT_EQ(status::FieldViolations(error)[0].description,
            "line 1, column 11: found no matching overload for '_>=_' applied to '(int, string)'\n"
            " | sub_total >= 'many'\n | ..........^");
  EXPECT_THAT(Fields(error),
              ElementsAre("condition", "actions[0].reward_point.expression", "actions[1].cashback.expression"));
  EXPECT_THAT(status::FieldViolations(error)[2].description, HasSubstr("must be an int, is of the type string"));
}

TEST(CompileTest, AConditionIsTrueOrFalse) {
  const absl::Status error = CompileRule(PurchaseSchema(), RuleId(1), 1, Draft("sub_total + 1")).status();
  EXPECT_THAT(status::FieldViolations(error)[0].description, HasSubstr("must be true or false, is of the type int"));
  const absl::Status unknown = CompileRule(PurchaseSchema(), RuleId(1), 1, Draft("subtotal > 1")).status();
  EXPECT_THAT(status::FieldViolations(unknown)[0].description, HasSubstr("subtotal"));
}

TEST(RuleTest, ViolationsNameEveryField) {
  Content content;
  content.name = "";
  content.actions = {RewardPoint{}, Voucher{}, Cashback{{5, "1"}, ""}};
  content.exclusive_group = "A B";
  content.priority = 2'000'000;
  content.cost_limit = -1;
  content.valid_from = absl::FromUnixSeconds(2);
  content.valid_until = absl::FromUnixSeconds(2);
  std::vector<std::string> fields;
  for (const auto& violation : Violations(content)) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("name", "trigger", "condition", "actions[0].reward_point.points",
                                  "actions[1].voucher.pool", "actions[2].cashback.amount", "actions[2].cashback.wallet",
                                  "priority", "exclusive_group", "valid_until", "cost_limit"));
  EXPECT_TRUE(Violations(Draft("true")).empty());
}

TEST(TriggerTest, AttributesHaveNamesAndTypesOfTheLanguage) {
  Trigger trigger{.name = "CHECK_IN", .attributes = {{"visits", "int", "", true}, {"tags", "list(string)", "", false}}};
  EXPECT_TRUE(Violations(trigger).empty());
  trigger.name = "check";
  trigger.attributes = {{"in", "int", "", false},          {"Visits", "int", "", false}, {"a", "bytes", "", false},
                        {"b", "map(int, int)", "", false}, {"b", "what", "", false},     {"now", "int", "", false}};
  std::vector<std::string> fields;
  for (const auto& violation : Violations(trigger)) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ElementsAre("trigger", "attributes[0].name", "attributes[1].name", "attributes[2].type",
                          "attributes[3].type", "attributes[4].type", "attributes[4].name", "attributes[5].name"));
  for (const Trigger& built_in : BuiltInTriggers()) EXPECT_TRUE(Violations(built_in).empty()) << built_in.name;
}

class RuleSetTest : public testing::Test {
 protected:
  void Add(std::vector<RulePtr> rules) { set_ = set_->With(rules, {}); }
  Batch Run(const Input& input, BatchOptions options = {}) {
    EXPECT_TRUE(input.status.ok()) << input.status;
    options.time = input.time;
    return set_->Evaluate(input.activation, options);
  }
  std::string Ask(const Input& input, BatchOptions options = {}) { return Told(Run(input, options)); }

  std::shared_ptr<const RuleSet> set_ = std::make_shared<const RuleSet>(PurchaseSchema());
};

TEST_F(RuleSetTest, TellsEveryRuleByPriorityThenAge) {
  Add({MakeRule(3, Draft("sub_total > 5")), MakeRule(1, Draft("sub_total > 50")), MakeRule(2, Draft("true", 7)),
       MakeRule(4, Draft("items[3].qty > 1", -1))});
  const Input input(Purchase(10, ", \"items\": []"));
  EXPECT_EQ(Ask(input), "2 MATCHED, 1 NOT_MATCHED, 3 MATCHED, 4 ERROR");
  const Batch batch = Run(input);
  EXPECT_EQ(batch.matched, 2);
  EXPECT_EQ(batch.not_matched, 1);
  EXPECT_EQ(batch.errors, 1);
  EXPECT_THAT(batch.results[3].reason, HasSubstr("line 1, column 6: index out of bounds"));
  EXPECT_EQ(Ask(input, {.most_not_matched = 0}), "2 MATCHED, 3 MATCHED, 4 ERROR");
  EXPECT_EQ(Run(input, {.most_not_matched = 0}).not_matched, 1);
}

TEST_F(RuleSetTest, AMissingAttributeIsAnErrorAndNoMatch) {
  Add({MakeRule(1, Draft("user_tier != 'gold'")), MakeRule(2, Draft("user_tier == 'gold' || sub_total > 1"))});
  EXPECT_EQ(Ask(Input(Purchase(10))), "1 ERROR, 2 MATCHED");
  EXPECT_THAT(Run(Input(Purchase(10))).results[0].reason, HasSubstr("user_tier"));
}

TEST_F(RuleSetTest, AMatchThatStopsIsTheLast) {
  Content stop = Draft("sub_total > 100", 5);
  stop.stop_on_match = true;
  Add({MakeRule(1, Draft("sub_total > 0", 9)), MakeRule(2, stop), MakeRule(3, Draft("true", 1))});
  EXPECT_EQ(Ask(Input(Purchase(101))), "1 MATCHED, 2 MATCHED");
  EXPECT_EQ(Ask(Input(Purchase(100))), "1 MATCHED, 2 NOT_MATCHED, 3 MATCHED");
}

TEST_F(RuleSetTest, OneOfAnExclusiveGroupFires) {
  const auto grouped = [](const char* condition, int priority, const char* group, bool stop = false) {
    Content content = Draft(condition, priority);
    content.exclusive_group = group;
    content.stop_on_match = stop;
    return content;
  };
  Add({MakeRule(1, grouped("sub_total > 100", 9, "a")), MakeRule(2, grouped("sub_total > 10", 8, "a", true)),
       MakeRule(3, grouped("true", 7, "b")), MakeRule(4, grouped("true", 6, "a"))});
  EXPECT_EQ(Ask(Input(Purchase(200))), "1 MATCHED, 2 SKIPPED, 3 MATCHED, 4 SKIPPED");
  EXPECT_EQ(Run(Input(Purchase(200))).results[1].reason, "the rule 1 of the group a has fired");
  EXPECT_EQ(Ask(Input(Purchase(5))), "1 NOT_MATCHED, 2 NOT_MATCHED, 3 MATCHED, 4 MATCHED");
  EXPECT_EQ(Ask(Input(Purchase(50))), "1 NOT_MATCHED, 2 MATCHED");
}

TEST_F(RuleSetTest, AWindowHasItsStartAndNotItsEnd) {
  Content content = Draft("true");
  content.valid_from = absl::FromUnixSeconds(100);
  content.valid_until = absl::FromUnixSeconds(200);
  Add({MakeRule(1, content), MakeRule(2, Draft("false"))});
  const std::pair<int, std::string> rows[] = {{99, "2 NOT_MATCHED"},
                                              {100, "1 MATCHED, 2 NOT_MATCHED"},
                                              {199, "1 MATCHED, 2 NOT_MATCHED"},
                                              {200, "2 NOT_MATCHED"}};
  for (const auto& [second, told] : rows) {
    const Input input(Purchase(1), absl::FromUnixSeconds(second));
    EXPECT_EQ(Ask(input), told) << second;
    EXPECT_EQ(Run(input).not_matched, 1);
  }
}

TEST_F(RuleSetTest, AmountsAreComputedOrTheRuleIsAnError) {
  Content content = Draft("true");
  content.actions = {RewardPoint{{.fixed = 0, .expression = "sub_total / 10000 - 1"}}, Tag{"k", "v"}};
  Add({MakeRule(1, content)});
  EXPECT_EQ(Run(Input(Purchase(50'000))).results[0].actions[0], Action(RewardPoint{{.fixed = 4, .expression = {}}}));
  EXPECT_EQ(Run(Input(Purchase(10'000))).results[0].actions[0], Action(RewardPoint{{.fixed = 0, .expression = {}}}));
  const Result below = Run(Input(Purchase(0))).results[0];
  EXPECT_EQ(below.outcome, Outcome::kError);
  EXPECT_EQ(below.reason, "actions[0].reward_point.expression: the expression comes to -1, below 0");
  EXPECT_TRUE(below.actions.empty());
}

TEST_F(RuleSetTest, WhatARuleAndABatchMayCostIsBounded) {
  const std::string dear = "items.all(i, items.all(j, items.all(k, i.qty + j.qty + k.qty > 0)))";
  std::string items = ", \"items\": [";
  for (int i = 0; i < 60; ++i) items += std::string(i > 0 ? "," : "") + "{\"qty\": 1}";
  items += "]";
  Content allowed = Draft(dear, 8);
  allowed.cost_limit = 20'000;
  Add({MakeRule(1, Draft(dear, 9)), MakeRule(2, allowed), MakeRule(3, Draft("sub_total == 10", 7))});
  const Input input(Purchase(10, items));
  EXPECT_EQ(Ask(input), "1 ERROR, 2 ERROR, 3 MATCHED");
  EXPECT_THAT(Run(input).results[0].reason, HasSubstr("cost limit"));
  const Batch bounded = Run(input, {.cost = 15'000});
  EXPECT_EQ(Told(bounded), "1 ERROR, 2 ERROR, 3 ERROR");
  EXPECT_EQ(bounded.results[2].reason, "the budget of the evaluation is used up");
  EXPECT_GE(bounded.cost, 15'000);
  EXPECT_LT(bounded.cost, 20'000);
}

// The index leaves out only what a loop would find not to match.
TEST_F(RuleSetTest, TheIndexAnswersAsEvaluatingEveryRuleDoes) {
  std::mt19937_64 random(20261130);
  const auto pick = [&](auto... of) {
    const std::vector<std::string> all = {of...};
    return all[random() % all.size()];
  };
  std::shared_ptr<const RuleSet> loop = std::make_shared<const RuleSet>(PurchaseSchema());
  for (int64_t id = 1; id <= 400; ++id) {
    const std::string part = fmt::format("sub_total >= {} && sub_total < {}", random() % 20, random() % 40);
    Content content = Draft(pick(part, part + " && user_tier == '" + pick("gold", "silver") + "'",
                                 "user_tier in ['gold', 'blue']", "items[0].qty > 1", "total > 10 || " + part,
                                 "order_id.startsWith('" + pick("o", "p") + "')", "first_purchase"),
                            static_cast<int32_t>(random() % 5));
    content.stop_on_match = random() % 40 == 0;
    if (random() % 4 == 0) content.exclusive_group = pick("a", "b");
    if (random() % 5 == 0)
      content.valid_from = absl::FromUnixSeconds(1'800'000'000 + static_cast<int>(random() % 3) - 1);
    const RulePtr rule = MakeRule(id, content);
    absl::flat_hash_set<RuleId> removed;
    if (random() % 3 == 0) removed.insert(RuleId(static_cast<int64_t>(random() % 400) + 1));
    removed.erase(rule->id);
    set_ = set_->With({rule}, removed);
    loop = loop->Overlaid({rule}, removed);
  }
  for (int i = 0; i < 300; ++i) {
    const Input input(Purchase(static_cast<int64_t>(random() % 40),
                               pick("", R"(, "user_tier": "gold")", R"(, "user_tier": "silver", "total": 11)",
                                    R"(, "items": [{"qty": 2}], "first_purchase": true)")));
    const Batch indexed = Run(input), looped = loop->Evaluate(input.activation, {.time = input.time});
    ASSERT_EQ(Told(indexed), Told(looped)) << i;
    ASSERT_EQ(indexed.not_matched, looped.not_matched) << i;
    ASSERT_EQ(Ask(input, {.most_not_matched = 0}),
              Told(loop->Evaluate(input.activation, {.time = input.time, .most_not_matched = 0})));
  }
}

TEST_F(RuleSetTest, AnOverlaidSetHasItsOwnRulesAndLeavesTheOtherAlone) {
  Add({MakeRule(1, Draft("sub_total > 5")), MakeRule(2, Draft("sub_total > 7"))});
  const auto overlaid =
      set_->Overlaid({MakeRule(1, Draft("sub_total < 5")), MakeRule(3, Draft("true", 9))}, {RuleId(2)});
  const Input input(Purchase(8));
  EXPECT_EQ(Told(overlaid->Evaluate(input.activation, {.time = input.time})), "3 MATCHED, 1 NOT_MATCHED");
  EXPECT_EQ(Ask(input), "1 MATCHED, 2 MATCHED");
}

TEST_F(RuleSetTest, AChangedRuleTakesThePlaceOfTheOldOne) {
  Add({MakeRule(1, Draft("true", 1)), MakeRule(2, Draft("true", 2)), MakeRule(3, Draft("true", 3))});
  const auto before = set_;
  set_ = set_->With({MakeRule(1, Draft("true", 9))}, {RuleId(2)});
  EXPECT_EQ(Ask(Input(Purchase(1))), "1 MATCHED, 3 MATCHED");
  set_ = before;
  EXPECT_EQ(Ask(Input(Purchase(1))), "3 MATCHED, 2 MATCHED, 1 MATCHED");
}

TEST_F(RuleSetTest, AStoredRuleThatDoesNotCompileIsAnError) {
  Add({CompileStored(PurchaseSchema(), RuleId(1), 3, Draft("gone > 1"))});
  const Batch batch = Run(Input(Purchase(1)));
  EXPECT_EQ(Told(batch), "1 ERROR");
  EXPECT_THAT(batch.results[0].reason, HasSubstr("does not compile any more"));
}

}  // namespace
}  // namespace smallbiznis::rule
