#include "services/rule/engine/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pkg/text/user_text.h"

namespace smallbiznis::rule {
namespace {

using Problems = std::vector<status::FieldViolation>;

constexpr size_t kMaxActions = 10;
constexpr int32_t kMaxPriority = 1'000'000;
constexpr size_t kMaxGroup = 64;
constexpr text::UserTextRules kNameRules{.min_characters = 1, .max_characters = 200};
constexpr text::UserTextRules kDescriptionRules{.max_characters = 2000};
constexpr text::UserTextRules kLabelRules{.min_characters = 1, .max_characters = 100};
constexpr std::array<std::string_view, 3> kStates = {"DRAFT", "ACTIVE", "INACTIVE"};

void CheckText(std::string field, const std::string& value, const text::UserTextRules& rules, Problems& out) {
  if (const auto problem = text::Problem(value, rules)) out.push_back({std::move(field), *problem});
}

bool IsControl(char c) {
  return (c >= 0 && c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == '\x7f';
}

void CheckExpression(std::string field, const std::string& expression, Problems& out) {
  if (expression.size() > kMaxExpressionBytes) {
    out.push_back({std::move(field), fmt::format("must have at most {} bytes", kMaxExpressionBytes)});
  } else if (std::any_of(expression.begin(), expression.end(), IsControl)) {
    out.push_back({std::move(field), "must not have control characters; in a text they are written \\x07"});
  }
}

bool IsGroup(std::string_view group) {
  return group.size() <= kMaxGroup && std::all_of(group.begin(), group.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

void CheckAmount(const std::string& at, const Action& action, Problems& out) {
  const Amount* amount = AmountOf(action);
  if (amount == nullptr) return;
  const std::string field = at + std::string(AmountField(action));
  if (!amount->expression.empty()) {
    if (amount->fixed != 0) out.push_back({field, "must not be given with an expression"});
    CheckExpression(at + std::string(AmountExpressionField(action)), amount->expression, out);
  } else if (amount->fixed <= 0) {
    out.push_back({field, "must be 1 or more, or be given by an expression"});
  }
}

struct LabelCheck {
  const std::string& at;
  Problems& out;

  void operator()(const RewardPoint&) const {}
  void operator()(const Voucher& voucher) const { CheckText(at + "voucher.pool", voucher.pool, kLabelRules, out); }
  void operator()(const Cashback& back) const { CheckText(at + "cashback.wallet", back.wallet, kLabelRules, out); }
  void operator()(const Notify& notify) const {
    CheckText(at + "notify.channel", notify.channel, kLabelRules, out);
    CheckText(at + "notify.template", notify.template_name, kLabelRules, out);
  }
  void operator()(const Tag& tag) const {
    CheckText(at + "tag.key", tag.key, kLabelRules, out);
    CheckText(at + "tag.value", tag.value, kDescriptionRules, out);
  }
};

void CheckActions(const std::vector<Action>& actions, Problems& out) {
  if (actions.empty() || actions.size() > kMaxActions) {
    out.push_back({"actions", fmt::format("must be 1 to {}", kMaxActions)});
    return;
  }
  for (size_t i = 0; i < actions.size(); ++i) {
    const std::string at = fmt::format("actions[{}].", i);
    CheckAmount(at, actions[i], out);
    std::visit(LabelCheck{at, out}, actions[i]);
  }
}

}  // namespace

const Amount* AmountOf(const Action& action) {
  if (const auto* points = std::get_if<RewardPoint>(&action)) return &points->points;
  if (const auto* cashback = std::get_if<Cashback>(&action)) return &cashback->amount;
  return nullptr;
}

Amount* AmountOf(Action& action) {
  return const_cast<Amount*>(AmountOf(const_cast<const Action&>(action)));
}

std::string_view AmountField(const Action& action) {
  return std::holds_alternative<Cashback>(action) ? "cashback.amount" : "reward_point.points";
}

std::string_view AmountExpressionField(const Action& action) {
  return std::holds_alternative<Cashback>(action) ? "cashback.expression" : "reward_point.expression";
}

std::string_view Name(State state) {
  return kStates[static_cast<size_t>(state)];
}

std::optional<State> ParseState(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

std::vector<status::FieldViolation> Violations(const Content& content) {
  Problems out;
  CheckText("name", content.name, kNameRules, out);
  CheckText("description", content.description, kDescriptionRules, out);
  if (content.trigger.empty()) out.push_back({"trigger", "must be given"});
  if (content.condition.empty()) out.push_back({"condition", "must be given; `true` is true of everything"});
  CheckExpression("condition", content.condition, out);
  CheckActions(content.actions, out);
  if (std::abs(int64_t{content.priority}) > kMaxPriority) {
    out.push_back({"priority", fmt::format("must be -{0} to {0}", kMaxPriority)});
  }
  if (!IsGroup(content.exclusive_group)) {
    out.push_back({"exclusive_group", fmt::format("must be at most {} of a-z, 0-9, _ and -", kMaxGroup)});
  }
  if (content.valid_from && content.valid_until && *content.valid_from >= *content.valid_until) {
    out.push_back({"valid_until", "must be after valid_from"});
  }
  if (content.cost_limit < 0 || content.cost_limit > kMaxCostLimit) {
    out.push_back({"cost_limit", fmt::format("must be 0 to {}", kMaxCostLimit)});
  }
  return out;
}

}  // namespace smallbiznis::rule
