#include "services/rule/engine/compiled.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/rule/engine/context.h"

namespace smallbiznis::rule {
namespace {

constexpr size_t kMemoryBytes = size_t{1} << 20;
constexpr std::string_view kPrefix = "ERROR: <input>:";

std::optional<cel::Program> Compile(const Schema& schema, const std::string& field, const std::string& expression,
                                    cel::TypeKind wanted, std::vector<status::FieldViolation>& violations) {
  absl::StatusOr<cel::Program> program = schema.env().Compile(expression);
  if (!program.ok()) {
    violations.push_back({field, PlaceInWords(text::ToStd(program.status().message()))});
    return std::nullopt;
  }
  if (!program->type().is(wanted) && !program->type().is_dyn()) {
    violations.push_back({field, fmt::format("line 1, column 1: must be {}, is of the type {}\n | {}\n | ^",
                                             wanted == cel::TypeKind::kBool ? "true or false" : "an int",
                                             program->type().ToString(), expression.substr(0, expression.find('\n')))});
    return std::nullopt;
  }
  return *std::move(program);
}

// What an error of an evaluation says, on one line.
std::string FirstLine(std::string_view text) {
  const std::string placed = PlaceInWords(text);
  return placed.substr(0, placed.find('\n'));
}

Result Failed(Result result, std::string reason) {
  result.outcome = Outcome::kError;
  result.reason = std::move(reason);
  result.actions.clear();
  return result;
}

// A program of the rule within what is left; takes its cost.
absl::StatusOr<cel::Value> Run(const cel::Program& program, const cel::Activation& activation, cel::Arena& arena,
                               int64_t& left, Bounds& bounds) {
  cel::Limits limits;
  limits.cost = std::min(left, bounds.cost);
  limits.memory_bytes = kMemoryBytes;
  limits.deadline = bounds.deadline;
  int64_t cost = 0;
  arena.Reset();
  absl::StatusOr<cel::Value> value = program.Evaluate(activation, arena, limits, &cost);
  left -= cost;
  bounds.cost -= cost;
  const bool of_budget = limits.cost < left + cost;
  if (of_budget && absl::IsResourceExhausted(value.status())) {
    return absl::ResourceExhaustedError("the budget of the evaluation is used up");
  }
  return value;
}

// The amount of an action of a matching rule; what is wrong with it otherwise.
absl::StatusOr<int64_t> Compute(const cel::Program& program, const cel::Activation& activation, cel::Arena& arena,
                                int64_t& left, Bounds& bounds) {
  ASSIGN_OR_RETURN(const cel::Value value, Run(program, activation, arena, left, bounds));
  if (!value.is(cel::Kind::kInt)) return absl::InvalidArgumentError("the expression does not come to an int");
  if (value.integer < 0) {
    return absl::InvalidArgumentError(fmt::format("the expression comes to {}, below 0", value.integer));
  }
  return value.integer;
}

}  // namespace

std::string PlaceInWords(std::string_view error) {
  if (!error.starts_with(kPrefix)) return std::string(error);
  std::string_view rest = error.substr(kPrefix.size());
  int line = 0, column = 0;
  const auto after_line = std::from_chars(rest.data(), rest.data() + rest.size(), line);
  const auto after_column = std::from_chars(after_line.ptr + 1, rest.data() + rest.size(), column);
  rest.remove_prefix(static_cast<size_t>(after_column.ptr - rest.data()));
  return fmt::format("line {}, column {}{}", line, column, rest);
}

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMatched:
      return "MATCHED";
    case Outcome::kNotMatched:
      return "NOT_MATCHED";
    case Outcome::kError:
      return "ERROR";
    case Outcome::kSkipped:
      return "SKIPPED";
  }
  std::abort();
}

absl::StatusOr<std::shared_ptr<const CompiledRule>> CompileRule(const std::shared_ptr<const Schema>& schema, RuleId id,
                                                                int32_t version, Content content) {
  auto rule = std::make_shared<CompiledRule>();
  std::vector<status::FieldViolation> violations;
  rule->condition = Compile(*schema, "condition", content.condition, cel::TypeKind::kBool, violations);
  for (size_t i = 0; i < content.actions.size(); ++i) {
    const Action& action = content.actions[i];
    const Amount* amount = AmountOf(action);
    std::optional<cel::Program>& program = rule->amounts.emplace_back();
    if (amount == nullptr || amount->expression.empty()) continue;
    program = Compile(*schema, fmt::format("actions[{}].{}", i, AmountExpressionField(action)), amount->expression,
                      cel::TypeKind::kInt, violations);
  }
  if (!violations.empty()) {
    const std::string message = fmt::format("{}: {}", violations[0].field, violations[0].description);
    return status::WithFields(status::Error(absl::StatusCode::kInvalidArgument, "RULE_EXPRESSION_INVALID", message),
                              violations);
  }
  rule->id = id;
  rule->version = version;
  rule->content = std::move(content);
  rule->schema = schema;
  return rule;
}

std::shared_ptr<const CompiledRule> CompileStored(const std::shared_ptr<const Schema>& schema, RuleId id,
                                                  int32_t version, Content content) {
  absl::StatusOr<std::shared_ptr<const CompiledRule>> compiled = CompileRule(schema, id, version, content);
  if (compiled.ok()) return *std::move(compiled);
  auto broken = std::make_shared<CompiledRule>();
  broken->id = id;
  broken->version = version;
  broken->content = std::move(content);
  broken->schema = schema;
  broken->broken = FirstLine(text::ToStd(compiled.status().message()));
  return broken;
}

namespace {

// Of the rule with contexts of up to so many bytes: every element of a list and every entry takes two at least.
cel::CostEstimate EstimateOf(const CompiledRule& rule, size_t bytes) {
  const auto text_bytes = static_cast<int64_t>(bytes);
  std::vector<cel::VariableSize> sizes;
  for (const Schema::Field& field : rule.schema->fields()) {
    sizes.push_back({.text_bytes = text_bytes, .items = text_bytes / 2, .missing = !field.attribute.required});
  }
  sizes.emplace_back();  // now
  cel::CostEstimate cost = rule.condition->EstimateCost(sizes);
  for (const std::optional<cel::Program>& amount : rule.amounts) {
    if (amount) cost.most = std::min(cost.most + amount->EstimateCost(sizes).most, INT64_MAX / 4);
  }
  return cost;
}

}  // namespace

RuleCost CostOf(const CompiledRule& rule) {
  if (!rule.condition) return {};
  const cel::CostEstimate whole = EstimateOf(rule, kMaxContextBytes);
  RuleCost cost{.least = whole.least, .most = whole.most, .safe_bytes = kMaxContextBytes};
  while (cost.safe_bytes > 0 && EstimateOf(rule, cost.safe_bytes).most > rule.cost_limit()) cost.safe_bytes /= 2;
  return cost;
}

std::string CostWarning(const CompiledRule& rule, const RuleCost& cost) {
  if (cost.most <= rule.cost_limit()) return "";
  return fmt::format(
      "may cost more than its limit of {}, and is an error then: up to {} with a context of {} bytes; one of {} bytes "
      "is "
      "certain to stay below it",
      rule.cost_limit(), cost.most, kMaxContextBytes, cost.safe_bytes);
}

absl::Status CheckCost(const CompiledRule& rule, const RuleCost& cost) {
  if (cost.least <= rule.cost_limit()) return absl::OkStatus();
  const std::string problem =
      fmt::format("costs at least {}, more than the limit of the rule, {} (cost_limit)", cost.least, rule.cost_limit());
  return status::WithFields(status::Error(absl::StatusCode::kInvalidArgument, "RULE_EXPRESSION_INVALID",
                                          fmt::format("condition: {}", problem)),
                            {{"condition", problem}});
}

Result Evaluate(const std::shared_ptr<const CompiledRule>& rule, const cel::Activation& activation, cel::Arena& arena,
                Bounds& bounds) {
  Result result{.rule = rule, .reason = {}, .actions = {}};
  if (!rule->condition) return Failed(std::move(result), "does not compile any more: " + rule->broken);
  int64_t left = rule->cost_limit();
  const absl::StatusOr<cel::Value> value = Run(*rule->condition, activation, arena, left, bounds);
  if (!value.ok()) return Failed(std::move(result), FirstLine(text::ToStd(value.status().message())));
  if (!value->is(cel::Kind::kBool)) return Failed(std::move(result), "the condition is neither true nor false");
  if (!value->boolean) return result;
  result.outcome = Outcome::kMatched;
  result.actions = rule->content.actions;
  for (size_t i = 0; i < result.actions.size(); ++i) {
    if (!rule->amounts[i]) continue;
    const absl::StatusOr<int64_t> amount = Compute(*rule->amounts[i], activation, arena, left, bounds);
    if (!amount.ok()) {
      return Failed(std::move(result), fmt::format("actions[{}].{}: {}", i, AmountExpressionField(result.actions[i]),
                                                   FirstLine(text::ToStd(amount.status().message()))));
    }
    *AmountOf(result.actions[i]) = {.fixed = *amount, .expression = {}};
  }
  return result;
}

}  // namespace smallbiznis::rule
