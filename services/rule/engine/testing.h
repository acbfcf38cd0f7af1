// What the tests of this room share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/rule/engine/compiled.h"
#include "services/rule/engine/context.h"
#include "services/rule/engine/rule_set.h"

namespace smallbiznis::rule {

inline std::shared_ptr<const Schema> PurchaseSchema() {
  static const auto& schema = *new std::shared_ptr<const Schema>(*Schema::Create(*FindBuiltIn("PURCHASE")));
  return schema;
}

inline Content Draft(std::string condition, int32_t priority = 0) {
  Content content;
  content.name = "rule";
  content.trigger = "PURCHASE";
  content.condition = std::move(condition);
  content.actions = {RewardPoint{{.fixed = 10, .expression = {}}}};
  content.priority = priority;
  return content;
}

// A rule that must compile.
inline RulePtr MakeRule(int64_t id, Content content) {
  auto rule = CompileRule(PurchaseSchema(), RuleId(id), 1, std::move(content));
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *rule;
}

// A context of PURCHASE: the required attributes, and `more` (", \"total\": 5").
inline std::string Purchase(int64_t sub_total, const std::string& more = "") {
  return "{\"order_id\": \"o-1\", \"user_id\": \"u-1\", \"sub_total\": " + std::to_string(sub_total) + more + "}";
}

// A context that has been read.
struct Input {
  explicit Input(const std::string& json, absl::Time now = absl::FromUnixSeconds(1'800'000'000))
      : activation(PurchaseSchema()->env()), time(now) {
    status = ReadContext(*PurchaseSchema(), json, now, arena, activation);
  }
  cel::Arena arena;
  cel::Activation activation;
  absl::Time time;
  absl::Status status;
};

// "1 MATCHED, 2 ERROR ..." in the order of the results.
inline std::string Told(const Batch& batch) {
  std::string text;
  for (const Result& result : batch.results) {
    if (!text.empty()) text += ", ";
    text += result.rule->id.ToString() + " " + std::string(Name(result.outcome));
  }
  return text;
}

}  // namespace smallbiznis::rule
