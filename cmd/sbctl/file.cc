#include "cmd/sbctl/file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace smallbiznis::sbctl {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) return absl::NotFoundError(fmt::format("cannot read {}", path));
  return content;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content << std::flush;
  if (!file) return absl::UnavailableError(fmt::format("cannot write {}", path));
  return absl::OkStatus();
}

}  // namespace smallbiznis::sbctl
