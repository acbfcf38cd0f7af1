// A matcher as a tree over slots: names are resolved once, when it is parsed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/function.h"
#include "pkg/casbin/matcher/datum.h"
#include "pkg/casbin/matcher/functions.h"
#include "pkg/casbin/policy/model.h"

namespace smallbiznis::casbin {

enum class Op : uint8_t {
  kLiteral,  // at: literal
  kRequest,  // at: field of the request
  kPolicy,   // at: column of the rule
  kUnknown,  // at: name that is neither
  kAccess,   // left: what is accessed; at: path
  kCall,     // at: function; left: arguments, or none
  kRole,     // at: role definition; left: arguments
  kEval,     // left: argument
  kGroup,    // left, in brackets
  kOnly,     // left, a list of one
  kList,     // left, right: the list so far and its next value
  kNot,
  kNegate,
  kBitNot,  // left
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kRegex,
  kNotRegex,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulus,
  kPower,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShiftLeft,
  kShiftRight,
  kIf,
  kElse,
  kCoalesce,
};

struct Node {
  Op op = Op::kLiteral;
  uint32_t at = 0;
  uint32_t left = UINT32_MAX;
  uint32_t right = UINT32_MAX;
};

// The names that an expression can use. Must outlive the expressions parsed with it.
struct Scope {
  const FieldsDefinition* request = nullptr;
  const FieldsDefinition* policy = nullptr;
  const std::vector<RoleDefinition>* roles = nullptr;
  const FunctionTable* functions = nullptr;
  // Names that are neither a field of the request nor of the policy are refused when the expression is parsed; else an
  // evaluation that comes to one fails.
  bool strict = true;
  // Backslashes in strings are plain characters.
  bool raw_strings = true;
};

// Immutable, and so thread-safe. Movable.
class Expression {
 public:
  // INVALID_ARGUMENT; the message begins with the column.
  static absl::StatusOr<Expression> Parse(std::string_view text, const Scope& scope);

  uint32_t root() const { return root_; }
  const Node& node(uint32_t at) const { return nodes_[at]; }
  const Datum& literal(const Node& node) const { return literals_[node.at]; }
  const std::string& name(const Node& node) const { return names_[node.at]; }
  std::span<const std::string> path(const Node& node) const { return paths_[node.at]; }
  const NamedFunction& function(const Node& node) const { return *functions_[node.at]; }
  // The nodes of a kind, also those that are not reached from the root.
  std::vector<uint32_t> All(Op op) const;

  // The arguments of a call or the values of a list, in their order.
  std::vector<uint32_t> Values(uint32_t list) const;
  // Without the brackets around it.
  uint32_t Bare(uint32_t at) const;

 private:
  friend class Parser;

  std::vector<Node> nodes_;
  std::vector<Datum> literals_;
  std::deque<std::string> names_;  // never move: literals point into them
  std::vector<std::vector<std::string>> paths_;
  std::vector<const NamedFunction*> functions_;
  uint32_t root_ = 0;
};

}  // namespace smallbiznis::casbin
