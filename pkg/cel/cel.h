// The Common Expression Language: conditions and small computations that are written down as text, checked when they
// are stored, and evaluated in nanoseconds within bounds that the caller sets.
//
//   auto env = Env::Create({.variables = {{"amount", "int"}, {"tier", "string"}}});
//   auto program = (*env)->Compile("amount >= 10000 && tier == 'gold'");
//   Activation input(**env);
//   input.Set(0, Value::Int(12500));                       // in the order of the variables
//   input.Set(1, Value::String("gold"));
//   Arena arena;
//   auto result = program->Evaluate(input, arena, {});     // Value::Bool(true), or an error: see Program::Evaluate()
//   arena.Reset();                                         // ends what the result refers to
//
// No expression and no value makes it crash, throw, or take more than its limits: ParseOptions for the text, Limits for
// the evaluation. Nothing here prints, reads the clock (but a deadline) or a file (but zones of time).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/cel/lib/function.h"
#include "pkg/cel/message/types.h"
#include "pkg/cel/syntax/parser.h"
#include "pkg/cel/value/frame.h"
#include "pkg/cel/value/type.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

class Program;
struct Declarations;
struct Node;

// A map of these entries, which are not copied: they lie in `arena` or outlive it. Nothing where two keys are equal, or
// one is no bool, int, uint or string.
std::optional<Value> NewMap(Arena& arena, const MapEntry* entries, uint32_t size);

// A function beside those of the libraries: see CustomFunction for what it is given and owes.
struct FunctionOption {
  std::string signature;    // "string.shout() -> string", "tax(int, string) -> int"
  CustomFunction function;  // empty: only declared, a call of it is an error; called by any number of threads at once
  bool pure = true;         // the same arguments give the same value: calls with constants are made when compiling
};

struct EnvOptions {
  std::string container;                                       // a package in which names are looked for first
  std::vector<std::pair<std::string, std::string>> variables;  // name and type (Type::Parse): {"total", "money(IDR)"}
  std::vector<FunctionOption> functions;                       // the libraries' come first where both fit
  Types types;                                                 // the program's generated messages, unless said
  ParseOptions parse;
};

// What expressions may use: variables, functions, message types. Immutable and thread-safe.
class Env : public std::enable_shared_from_this<Env> {
 public:
  // INVALID_ARGUMENT: a type or a signature that is none, a variable that is there twice.
  static absl::StatusOr<std::shared_ptr<const Env>> Create(EnvOptions options);
  ~Env();

  // INVALID_ARGUMENT names what is wrong, up to 20 mistakes, each with line, column and a caret; or which of
  // ParseOptions' limits the text exceeds:
  //   ERROR: <input>:1:8: found no matching overload for '_>=_' applied to '(int, string)'
  //    | amount >= 'many'
  //    | .......^
  // The program keeps the environment alive.
  absl::StatusOr<Program> Compile(std::string expression) const;
  // Without types: what does not fit is an error when it is evaluated.
  absl::StatusOr<Program> CompileUnchecked(std::string expression) const;

  // The place of a variable in an Activation, -1 where there is none of the name.
  int variable(std::string_view name) const;
  // `variable` is from 0 to variables() - 1.
  const std::string& variable_name(int variable) const;
  int variables() const;
  const Types& types() const;

 private:
  friend class Program;
  Env();
  absl::StatusOr<Program> Build(std::string expression, bool check) const;

  std::unique_ptr<Declarations> declarations_;
  ParseOptions parse_;
};

// The values of the variables, which have none at first: one that is used without is the error "no such attribute".
// Not thread-safe to change; may be used for any number of evaluations of programs of `env`, which is to outlive it, as
// are the texts, lists and maps that the values refer to.
class Activation {
 public:
  explicit Activation(const Env& env);
  Activation(Activation&&) = default;
  Activation(const Activation&) = delete;

  // `variable` is from 0 to env.variables() - 1. A value of another type than the variable's is an error of evaluation
  // where an operator or a function does not take it.
  void Set(int variable, const Value& value) { values_[static_cast<size_t>(variable)] = value; }
  // NOT_FOUND: the environment has no such variable.
  absl::Status Set(std::string_view name, const Value& value);
  // Evaluations go on as far as they can without its value.
  void SetUnknown(int variable);

  const Value* values() const { return values_.data(); }

 private:
  const Env& env_;
  std::vector<Value> values_;
  std::vector<int64_t> ids_;
};

// One sub-expression of an explanation, in the order in which they were evaluated.
struct Step {
  uint32_t offset;  // in the text: of the operator, or where the operand starts
  int32_t expr_id;
  Value value;  // may be an error
};

struct Explanation {
  absl::StatusOr<Value> result;
  std::vector<Step> steps;  // of what was evaluated, not of the branch that was not taken; the first 10,000
};

// How large a variable's value is, for estimates.
struct VariableSize {
  int64_t text_bytes = 0;  // of a text, or of all texts of one value together
  int64_t items = 0;       // elements and entries of one value, those inside of them counted too
  bool missing = false;    // it may have no value
};

// In the units of Limits::cost.
struct CostEstimate {
  int64_t least = 0;
  int64_t most = 0;
  bool bounded() const { return most < INT64_MAX / 4; }
};

// A compiled expression, made by Env::Compile(). Immutable and thread-safe; copies share. A default-constructed one may
// only be assigned to.
class Program {
 public:
  // `activation` is of this program's environment. The value may be Kind::kUnknown when the activation has unknowns:
  // then its ids are the variables it waits for. What it refers to lies in `arena`, in the activation's values, or in
  // the program.
  //   INVALID_ARGUMENT    the expression came to an error, with the place
  //   RESOURCE_EXHAUSTED  the cost or memory limit was hit
  //   DEADLINE_EXCEEDED   the deadline passed
  // `cost`, where it is given, is set to what was taken, also by an evaluation that failed.
  absl::StatusOr<Value> Evaluate(const Activation& activation, Arena& arena, const Limits& limits,
                                 int64_t* cost = nullptr) const;

  // As Evaluate(), at the same cost limit, with the value of every sub-expression. Constant ones are one step.
  Explanation Explain(const Activation& activation, Arena& arena, const Limits& limits) const;

  // What Evaluate() costs for values within `sizes`, by variable: at least and at most, where no limit ends it and
  // nothing is unknown. Variables that `sizes` is too short for may be of any size. Not bounded where messages or
  // functions of the environment's own take part.
  CostEstimate EstimateCost(const std::vector<VariableSize>& sizes) const;

  // What is left where the activation has unknowns: the text of an expression that comes, in the same environment and
  // with those, to what this one comes to with all of them; errors to errors. Known variables are written as literals,
  // but messages and addresses, which have none and are named still. It is for CompileUnchecked(): a literal's type may
  // be narrower than its variable's. Fails as Evaluate() where an error is certain. The environment's limit of a text
  // may be too low for large values.
  absl::StatusOr<std::string> Residual(const Activation& activation, Arena& arena, const Limits& limits) const;

  // After checking; dyn without.
  const Type& type() const;
  const std::string& source() const;
  const Env& env() const;
  // What is evaluated, for rooms that read it (plan/node.h).
  const Node& root() const;

 private:
  friend class Env;
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace smallbiznis::cel
