#include "test/fuzz/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/escaping.h"

namespace smallbiznis::fuzz {

absl::StatusOr<std::vector<std::string>> ReadCorpus(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(fmt::format("there is no {}", path));
  std::vector<std::string> inputs;
  for (std::string line; std::getline(file, line);) {
    std::string& input = inputs.emplace_back();
    if (std::string error; !absl::CUnescape(line, &input, &error)) {
      return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, inputs.size(), error));
    }
  }
  return inputs;
}

std::string CorpusText(std::vector<std::string> inputs) {
  std::sort(inputs.begin(), inputs.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  std::string text;
  for (const std::string& input : inputs) text += absl::CEscape(input) + "\n";
  return text;
}

}  // namespace smallbiznis::fuzz
