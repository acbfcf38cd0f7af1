// A YAML file.
#pragma once

#include <string>

#include "pkg/config/source.h"

namespace smallbiznis::config {

class FileSource final : public Source {
 public:
  // `path` is shown in errors as it is given.
  explicit FileSource(std::string path) : path_(std::move(path)) {}

  std::string_view name() const override { return "file"; }

  // NOT_FOUND when there is no such file, INVALID_ARGUMENT when it is not YAML with keys at its top. An empty file has
  // no entries.
  absl::StatusOr<std::vector<Entry>> Read() override;

 private:
  const std::string path_;
};

}  // namespace smallbiznis::config
