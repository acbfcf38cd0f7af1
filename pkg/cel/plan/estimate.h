// What evaluating a program costs, before it is evaluated.
#pragma once

#include <vector>

#include "pkg/cel/plan/node.h"
#include "pkg/cel/plan/shape.h"

namespace smallbiznis::cel {

struct Spread {
  int64_t least = 0;
  int64_t most = 0;
};
inline Spread operator+(const Spread& a, const Spread& b) {
  return {Plus(a.least, b.least), Plus(a.most, b.most)};
}

// The cost of `root` in the units of the evaluator, where the variable in slot i has the shape variables[i]: every
// evaluation without unknowns that no limit ends costs at least `least` and at most `most`. kUnbounded where functions
// of the environment's own, or messages, take part.
Spread EstimateCost(const Node& root, const std::vector<Shape>& variables);

// What an error costs, at most: its text.
constexpr int64_t kErrorCost = 34;

// estimate_functions.cc: what the function of the libraries does to arguments of these shapes. `first_int` is the first
// argument's value where it is a constant int, else -1.
struct Applied {
  int64_t least = 0;
  int64_t most = kUnbounded;
  Shape result;
};
Applied ApplyFunction(std::string_view name, const std::vector<Shape>& args, int64_t first_int, Shapes& shapes);

}  // namespace smallbiznis::cel
