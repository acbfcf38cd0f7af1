// A value as people read it, in the language's own notation: [1, "a", 2.5, {"k": null}].
#pragma once

#include <string>
#include <string_view>

#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// At most about `most` bytes; the rest is "...". UTF-8 where the texts in it are.
std::string Show(const Value& value, size_t most = 200);

// "1.5", "1e+100", "NaN", "+Inf": as string(double) has it.
std::string ShowDouble(double number);

// With quotes and escapes.
std::string Quote(std::string_view text);
// As a literal that the parser reads: controls are escaped, of bytes also what is not ASCII.
std::string QuoteLiteral(std::string_view text, bool bytes);

// The first `most` bytes of a text, or a few less: no code point is cut.
std::string_view Cut(std::string_view text, size_t most);

}  // namespace smallbiznis::cel
