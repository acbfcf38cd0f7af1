// The rule sets of bench/cel; peer/rules.go has the same ones.
#pragma once

#include <string>

namespace smallbiznis::cel {

// Looks up and evaluates, for about `seconds` each, and prints one JSON line a set: {"workload", "p50", "p99" in
// nanoseconds of one input, "matches" of the first inputs, which are to be the peer's, "bytes" of the index for a
// rule}.
void MeasureRules(double seconds);

[[noreturn]] void Die(const std::string& why);

}  // namespace smallbiznis::cel
