#include "pkg/cel/cel.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "pkg/cel/check/checker.h"
#include "pkg/cel/check/declarations.h"
#include "pkg/cel/check/resolver.h"
#include "pkg/cel/plan/estimate.h"
#include "pkg/cel/plan/planner.h"
#include "pkg/cel/plan/residual.h"
#include "pkg/cel/syntax/source.h"
#include "pkg/cel/value/compare.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {

struct Program::Impl {
  std::shared_ptr<const Env> env;
  std::unique_ptr<Ast> ast;
  std::unique_ptr<Plan> plan;
  const Types* types;
};

namespace {

absl::Status AddLibraries(Functions& functions) {
  for (const auto add : {AddStandard, AddConversions, AddTimes, AddStrings, AddMath, AddLists, AddSets, AddEncoders,
                         AddOptionals, AddNetwork, AddMoney}) {
    RETURN_IF_ERROR(add(functions));
  }
  return absl::OkStatus();
}

// Evaluates with room for the variables of comprehensions.
Value RunPlan(const Plan& plan, int32_t locals, Frame& frame, const Activation& activation) {
  constexpr int32_t kUsual = 16;
  alignas(Value) char usual[kUsual * sizeof(Value)];  // written before it is read, so not cleared here
  frame.locals = reinterpret_cast<Value*>(usual);
  frame.variables = activation.values();
  if (locals > kUsual) {
    frame.locals = frame.NewArray<Value>(static_cast<size_t>(locals));
    if (frame.locals == nullptr) return frame.Stopped();
  }
  const Value value = Run(*plan.root, frame);
  return frame.cost_left < 0 ? frame.Stopped() : value;
}

absl::Status ToStatus(const Ast& ast, const ErrorObject& error) {
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  if (error.fatal) {
    const bool late = error.message.find("deadline") != std::string_view::npos;
    code = late ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kResourceExhausted;
  }
  if (error.expr_id == 0) return absl::Status(code, std::string(error.message));
  return ErrorAt(ast.source(), ast.expr(error.expr_id).position, error.message, code);
}

}  // namespace

std::optional<Value> NewMap(Arena& arena, const MapEntry* entries, uint32_t size) {
  const bool keys = std::all_of(entries, entries + size, [](const MapEntry& entry) { return IsKey(entry.key); });
  auto* map = arena.NewArray<MapObject>(1);
  if (!keys || !BuildMap(arena, entries, size, *map)) return std::nullopt;
  return Value::Map(map);
}

Env::Env() = default;
Env::~Env() = default;

absl::StatusOr<std::shared_ptr<const Env>> Env::Create(EnvOptions options) {
  std::shared_ptr<Env> env(new Env);
  env->parse_ = options.parse;
  env->declarations_ = std::make_unique<Declarations>();
  Declarations& declarations = *env->declarations_;
  declarations.container = std::move(options.container);
  declarations.types = options.types;
  for (const auto& [name, text] : options.variables) {
    ASSIGN_OR_RETURN(Type type, Type::Parse(text));
    const auto slot = static_cast<int32_t>(declarations.variables.size());
    if (!declarations.slots.emplace(name, slot).second) {
      return absl::InvalidArgumentError(fmt::format("the variable {} is declared twice", name));
    }
    declarations.variables.push_back(std::move(type));
    declarations.names.push_back(name);
  }
  RETURN_IF_ERROR(AddLibraries(declarations.functions));
  for (FunctionOption& function : options.functions) {
    RETURN_IF_ERROR(
        declarations.functions.Add(function.signature, nullptr, std::move(function.function), function.pure));
  }
  return env;
}

absl::StatusOr<Program> Env::Build(std::string expression, bool check) const {
  auto impl = std::make_shared<Program::Impl>();
  ASSIGN_OR_RETURN(impl->ast, Parse(std::move(expression), parse_));
  Resolve(*declarations_, *impl->ast);
  if (check) RETURN_IF_ERROR(Check(*declarations_, *impl->ast));
  ASSIGN_OR_RETURN(impl->plan, MakePlan(*declarations_, *impl->ast, false));
  impl->env = shared_from_this();
  impl->types = &declarations_->types;
  Program program;
  program.impl_ = std::move(impl);
  return program;
}

absl::StatusOr<Program> Env::Compile(std::string expression) const {
  return Build(std::move(expression), true);
}

absl::StatusOr<Program> Env::CompileUnchecked(std::string expression) const {
  return Build(std::move(expression), false);
}

int Env::variable(std::string_view name) const {
  const auto found = declarations_->slots.find(name);
  return found == declarations_->slots.end() ? -1 : found->second;
}

const std::string& Env::variable_name(int variable) const {
  return declarations_->names[static_cast<size_t>(variable)];
}

int Env::variables() const {
  return static_cast<int>(declarations_->names.size());
}

const Types& Env::types() const {
  return declarations_->types;
}

Activation::Activation(const Env& env) : env_(env) {
  values_.resize(static_cast<size_t>(env.variables()), Value::Unset());
}

absl::Status Activation::Set(std::string_view name, const Value& value) {
  const int variable = env_.variable(name);
  if (variable < 0) return absl::NotFoundError(fmt::format("there is no variable {}", name));
  Set(variable, value);
  return absl::OkStatus();
}

void Activation::SetUnknown(int variable) {
  if (ids_.empty()) {
    for (size_t i = 0; i < values_.size(); ++i) ids_.push_back(static_cast<int64_t>(i));
  }
  Value unknown = Value::Unset();
  unknown.kind = Kind::kUnknown;
  unknown.unknown = &ids_[static_cast<size_t>(variable)];
  unknown.size = 1;
  values_[static_cast<size_t>(variable)] = unknown;
}

absl::StatusOr<Value> Program::Evaluate(const Activation& activation, Arena& arena, const Limits& limits,
                                        int64_t* cost) const {
  Frame frame(arena, limits, impl_->types);
  const Value value = RunPlan(*impl_->plan, impl_->ast->locals, frame, activation);
  if (cost != nullptr) *cost = limits.cost - frame.cost_left;
  if (value.is(Kind::kError)) return ToStatus(*impl_->ast, *value.error);
  return value;
}

Explanation Program::Explain(const Activation& activation, Arena& arena, const Limits& limits) const {
  const Declarations& declarations = *impl_->env->declarations_;
  absl::StatusOr<std::unique_ptr<Plan>> plan = MakePlan(declarations, *impl_->ast, true);
  if (!plan.ok()) return {plan.status(), {}};
  const Plan& traced = *arena.Own(*std::move(plan));  // the values may refer to its constants
  std::vector<Trace> trace;
  Frame frame(arena, limits, &declarations.types);
  frame.trace = &trace;
  const Value value = RunPlan(traced, impl_->ast->locals, frame, activation);
  Explanation explanation{value, {}};
  if (value.is(Kind::kError)) explanation.result = ToStatus(*impl_->ast, *value.error);
  for (const Trace& step : trace) {
    explanation.steps.push_back({impl_->ast->expr(step.expr_id).position, step.expr_id, step.value});
  }
  return explanation;
}

CostEstimate Program::EstimateCost(const std::vector<VariableSize>& sizes) const {
  const Declarations& declarations = *impl_->env->declarations_;
  Shapes shapes;
  std::vector<Shape> variables;
  for (size_t i = 0; i < declarations.variables.size(); ++i) {
    const VariableSize any{.text_bytes = kUnbounded, .items = kUnbounded, .missing = true};
    const VariableSize& size = i < sizes.size() ? sizes[i] : any;
    variables.push_back(shapes.Of(declarations.variables[i], {.text_bytes = size.text_bytes, .items = size.items}));
    variables.back().fails = size.missing;
  }
  const Spread cost = smallbiznis::cel::EstimateCost(*impl_->plan->root, variables);
  constexpr int64_t kMostMeasured = kUnbounded / 1024;  // a part of what has no bound has none either
  return {cost.least, cost.most > kMostMeasured ? kUnbounded : cost.most};
}

absl::StatusOr<std::string> Program::Residual(const Activation& activation, Arena& arena, const Limits& limits) const {
  const Explanation explanation = Explain(activation, arena, limits);
  RETURN_IF_ERROR(explanation.result.status());
  // The same text gives the same tree, so that a step's id names the same place in it.
  ASSIGN_OR_RETURN(const std::unique_ptr<Ast> parsed, Parse(impl_->ast->source(), impl_->env->parse_));
  std::unordered_map<int32_t, Value> values;
  for (const Step& step : explanation.steps) values[step.expr_id] = step.value;
  return ResidualText(*parsed, *impl_->ast, values, activation.values());
}

const Type& Program::type() const {
  return impl_->ast->root->type;
}

const std::string& Program::source() const {
  return impl_->ast->source();
}

const Env& Program::env() const {
  return *impl_->env;
}

const Node& Program::root() const {
  return *impl_->plan->root;
}

}  // namespace smallbiznis::cel
