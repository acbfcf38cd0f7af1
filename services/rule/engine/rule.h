// What a rule is: values, without anything that is done with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "pkg/snowflake/id.h"
#include "pkg/status/status.h"

namespace smallbiznis::rule {

using RuleId = snowflake::Id<struct RuleTag>;

// An amount of points or minor units: so many, or what an expression of the trigger's attributes comes to.
struct Amount {
  int64_t fixed = 0;
  std::string expression;  // empty: `fixed`

  friend bool operator==(const Amount&, const Amount&) = default;
};

struct RewardPoint {
  Amount points;
  friend bool operator==(const RewardPoint&, const RewardPoint&) = default;
};
struct Voucher {
  std::string pool;
  friend bool operator==(const Voucher&, const Voucher&) = default;
};
struct Cashback {
  Amount amount;  // minor units
  std::string wallet;
  friend bool operator==(const Cashback&, const Cashback&) = default;
};
struct Notify {
  std::string channel;
  std::string template_name;
  friend bool operator==(const Notify&, const Notify&) = default;
};
struct Tag {
  std::string key;
  std::string value;
  friend bool operator==(const Tag&, const Tag&) = default;
};
using Action = std::variant<RewardPoint, Voucher, Cashback, Notify, Tag>;

// The action's amount; null for kinds that have none.
const Amount* AmountOf(const Action& action);
Amount* AmountOf(Action& action);
// The field of its amount: "reward_point.points", "cashback.amount".
std::string_view AmountField(const Action& action);
std::string_view AmountExpressionField(const Action& action);

inline constexpr int64_t kDefaultCostLimit = 10'000;
inline constexpr int64_t kMaxCostLimit = 1'000'000;
inline constexpr size_t kMaxExpressionBytes = 8192;

// What somebody writes down, and what a version of a rule keeps.
struct Content {
  std::string name;
  std::string description;
  std::string trigger;
  std::string condition;
  std::vector<Action> actions;
  int32_t priority = 0;  // higher first
  bool stop_on_match = false;
  std::string exclusive_group;            // empty: of none
  std::optional<absl::Time> valid_from;   // matches from here
  std::optional<absl::Time> valid_until;  // and before this
  int64_t cost_limit = 0;                 // of one evaluation; 0: kDefaultCostLimit

  friend bool operator==(const Content&, const Content&) = default;
};

enum class State { kDraft, kActive, kInactive };
std::string_view Name(State state);  // "DRAFT"
std::optional<State> ParseState(std::string_view name);

struct Rule {
  RuleId id;
  int32_t version = 1;
  Content content;
  State state = State::kDraft;
  absl::Time created_at;
  absl::Time updated_at;
  std::string cost_warning;  // of one that was just saved: CostWarning()
};

// What is wrong with a content as it stands, all at once, by field ("actions[1].voucher.pool"). Expressions are only
// measured: compiling them is for CompileRule.
std::vector<status::FieldViolation> Violations(const Content& content);

}  // namespace smallbiznis::rule
