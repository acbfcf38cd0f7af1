// From cel.expr.Value and cel.expr.Type to ours, and whether a result is the one that was wanted.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "pkg/cel/value/frame.h"

namespace smallbiznis::cel::conformance {

// `message` is a cel.expr.Value, and outlives the value.
Value ToValue(Frame& frame, const google::protobuf::Message& message);

// A cel.expr.Type as Type::Parse() reads it.
std::string ToTypeText(const google::protobuf::Message& message);

// Of one type and equal; NaN is NaN.
bool Same(Frame& frame, const Value& a, const Value& b);

}  // namespace smallbiznis::cel::conformance
