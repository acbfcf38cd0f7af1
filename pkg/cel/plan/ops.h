// The functions that evaluate nodes.
#pragma once

#include "pkg/cel/plan/node.h"

namespace smallbiznis::cel {

// basic.cc
Value EvalConstant(const Node& node, Frame& frame);
Value EvalVariable(const Node& node, Frame& frame);
Value EvalLocal(const Node& node, Frame& frame);
Value EvalLazy(const Node& node, Frame& frame);  // slot; a computes it the first time
Value EvalUnresolved(const Node& node, Frame& frame);
Value EvalTraced(const Node& node, Frame& frame);  // a, with its value written down
Value EvalAnd(const Node& node, Frame& frame);
Value EvalOr(const Node& node, Frame& frame);
Value EvalNot(const Node& node, Frame& frame);
Value EvalConditional(const Node& node, Frame& frame);
Value EvalCall(const Node& node, Frame& frame);
Value EvalOptionalOr(const Node& node, Frame& frame);  // a.or(b), a.orValue(b): b only where a is none
Value EvalMatches(const Node& node, Frame& frame);     // a matches regex

// arithmetic.cc
Value EvalAdd(const Node& node, Frame& frame);
Value EvalSubtract(const Node& node, Frame& frame);
Value EvalMultiply(const Node& node, Frame& frame);
Value EvalDivide(const Node& node, Frame& frame);
Value EvalModulo(const Node& node, Frame& frame);
Value EvalNegate(const Node& node, Frame& frame);

// compare.cc
Value EvalEqual(const Node& node, Frame& frame);
Value EvalNotEqual(const Node& node, Frame& frame);
Value EvalLess(const Node& node, Frame& frame);
Value EvalLessEqual(const Node& node, Frame& frame);
Value EvalGreater(const Node& node, Frame& frame);
Value EvalGreaterEqual(const Node& node, Frame& frame);
// The error where two amounts are of different currencies, else nothing abnormal.
Value CheckCurrencies(const Node& node, Frame& frame, const Value& a, const Value& b);
Value EvalIn(const Node& node, Frame& frame);
Value EvalInSet(const Node& node, Frame& frame);  // a is a key of the constant

// access.cc
Value EvalSelect(const Node& node, Frame& frame);
Value EvalHas(const Node& node, Frame& frame);
Value EvalOptionalSelect(const Node& node, Frame& frame);
Value EvalIndex(const Node& node, Frame& frame);
Value EvalOptionalIndex(const Node& node, Frame& frame);

// create.cc
// What a list, a map or a message takes beside its parts: its place in memory, which is new each time.
inline constexpr int64_t kLiteralCost = 5;
Value EvalList(const Node& node, Frame& frame);
Value EvalMap(const Node& node, Frame& frame);
Value EvalStruct(const Node& node, Frame& frame);

// fold.cc: a is the range, b the filter where there is one, c the body.
Value EvalAll(const Node& node, Frame& frame);
Value EvalExists(const Node& node, Frame& frame);
Value EvalExistsOne(const Node& node, Frame& frame);
Value EvalFilter(const Node& node, Frame& frame);
Value EvalMapped(const Node& node, Frame& frame);
Value EvalTransformMap(const Node& node, Frame& frame);
Value EvalTransformMapEntry(const Node& node, Frame& frame);
Value EvalSortBy(const Node& node, Frame& frame);
Value EvalOptMap(const Node& node, Frame& frame);
Value EvalOptFlatMap(const Node& node, Frame& frame);
Value EvalBind(const Node& node, Frame& frame);

}  // namespace smallbiznis::cel
