// What holds of pkg/cel for every input, whoever made it: a shop, or a fuzzer.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::fuzz {

// Each says what does not hold for the input; empty: all does. Nothing is kept from one call to the next.

// The input is an expression. A tree's text reads back as the tree; an error is one place in a text.
std::string cel_parse(std::string_view input);

// The first byte says what the rest is: 0 to 3 an expression, and which environment it is checked in (0 variables of
// all sorts, 1 a container, 2 functions, 3 blocks), `t` a type, `s` a signature. Checking twice says the same twice.
std::string cel_check(std::string_view input);

// An expression, NUL, and draws: bytes that decide what is asked, and the variables' values. Without an expression they
// decide that, too. An evaluation stays in its limits and ends at exactly what it costs, explained or not; a value is
// of the checked type; a residual comes to what the whole does; the estimate bounds the cost.
std::string cel_eval(std::string_view input);

}  // namespace smallbiznis::fuzz
