// An attribute of the input: a variable, and the fields and constant indices that lead to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/cel/plan/node.h"
#include "pkg/cel/value/frame.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

struct PathStep {
  bool field = true;  // .name, else [key]
  // A string; of an index also an int. Of a last step also a kMoney: the minor units of an amount in its currency,
  // missing where the value is none. Lies in the program that it was taken from.
  Value key;
};

struct Path {
  int32_t variable = 0;
  std::vector<PathStep> steps;

  // The same for paths that always lead to the same value.
  std::string Identity() const;
};
constexpr size_t kMostSteps = 16;

// Nothing where the expression is no path, or a longer one.
std::optional<Path> PathOf(const Node& node);

enum class Reached : uint8_t {
  kValue,
  kMissing,  // reading it is an error, at `depth`: 0 the variable, 1 the first step ...
  kUnsure,   // what it comes to is for the evaluator to say: unknowns, optionals, errors, repeated fields
};
struct Attribute {
  Reached reached = Reached::kUnsure;
  uint32_t depth = 0;
  Value value;
};
// What the evaluator comes to, where it is a value.
Attribute Read(const Path& path, const Value* variables, Frame& frame);

}  // namespace smallbiznis::cel
