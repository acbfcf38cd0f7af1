// Where configuration comes from: a file, the environment, later a remote provider and a secret store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/config/value.h"

namespace smallbiznis::config {

// One setting as a source found it; Config::Load checks key and type.
struct Entry {
  std::string key;  // its path: "DATABASE.PORT"
  RawValue value;
  // Where exactly, as an error line begins: "config.yaml:12: DATABASE.PORT", "environment DATABASE_PORT".
  std::string origin;
  // Set when this source holds the same key or section a second time: the place of the first.
  std::string first_place = {};
};

class Source {
 public:
  virtual ~Source() = default;

  // One word: "file", "environment", "consul".
  virtual std::string_view name() const = 0;

  // An error's message is one or more whole lines that name the place. It never holds a secret's value.
  virtual absl::StatusOr<std::vector<Entry>> Read() = 0;
};

}  // namespace smallbiznis::config
