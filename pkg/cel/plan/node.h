// A program is a tree of nodes; each knows the function that evaluates it. Immutable after planning.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/syntax/ast.h"
#include "pkg/cel/value/frame.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf
namespace re2 {
class RE2;
}

namespace smallbiznis::cel {

struct Node;
using Evaluate = Value (*)(const Node& node, Frame& frame);

// What an operator can read without a call.
enum class Operand : uint8_t { kComputed, kConstant, kVariable, kLocal };

struct Node {
  Evaluate evaluate = nullptr;
  Operand operand = Operand::kComputed;
  bool optionals = false;  // some of the elements, entries or fields are preceded by '?'
  int32_t slot = 0;
  int32_t cost = 0;  // of a constant that was computed while planning
  Value constant;    // also the name of a field, as a string
  const Node* a = nullptr;
  const Node* b = nullptr;
  const Node* c = nullptr;
  const Expr* expr = nullptr;
  std::vector<const Node*> args;
  std::vector<const Overload*> overloads;
  const google::protobuf::FieldDescriptor* field = nullptr;
  const google::protobuf::Descriptor* message = nullptr;
  const re2::RE2* regex = nullptr;
};

inline Value Run(const Node& node, Frame& frame) {
  return node.evaluate(node, frame);
}

// Run(), without the call where the value lies at hand.
inline Value Fetch(const Node& node, Frame& frame) {
  if (node.operand == Operand::kVariable) {
    const Value& value = frame.variables[node.slot];
    if (value.kind < Kind::kError) {
      frame.Charge(1);
      return value;
    }
  } else if (node.operand == Operand::kConstant) {
    frame.Charge(node.cost);
    return node.constant;
  } else if (node.operand == Operand::kLocal) {
    frame.Charge(1);
    return frame.locals[node.slot];
  }
  return Run(node, frame);
}

// An error that knows where it happened. Of a literal, and of a text that is copied.
Value FailAt(const Node& node, Frame& frame, std::string_view message);
Value FailTextAt(const Node& node, Frame& frame, std::string_view message);
inline Value NoOverloadAt(const Node& node, Frame& frame) {
  return FailAt(node, frame, "no such overload");
}
// `value`; an error that nobody has placed yet happened here.
Value Placed(const Node& node, Value value);

}  // namespace smallbiznis::cel
