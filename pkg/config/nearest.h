// Which name was meant.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::config {

// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b` (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b);

// The declared key or section that is nearest to `path`, without regard to letter case; empty when none is near.
std::string NearestPath(std::string_view path);

}  // namespace smallbiznis::config
