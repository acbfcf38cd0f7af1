// Inputs as text: a file has one a line, escaped as in C.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace smallbiznis::fuzz {

// NOT_FOUND: there is no such file. INVALID_ARGUMENT names the line that is not escaped well.
absl::StatusOr<std::vector<std::string>> ReadCorpus(const std::string& path);

// The shortest first.
std::string CorpusText(std::vector<std::string> inputs);

}  // namespace smallbiznis::fuzz
