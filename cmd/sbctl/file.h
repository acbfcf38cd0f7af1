// Files that commands read and write.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smallbiznis::sbctl {

// NOT_FOUND naming the file when it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Replaces the file. UNAVAILABLE naming it when it cannot be written.
absl::Status WriteFile(const std::string& path, std::string_view content);

}  // namespace smallbiznis::sbctl
