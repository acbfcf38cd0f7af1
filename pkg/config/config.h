// The program's settings: declared in keys.cc, read from sources, checked as a whole, then immutable.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/config/source.h"

namespace smallbiznis::config {

// A value. Thread-safe.
class Config {
 public:
  // Reads the sources in turn; a later one overrides an earlier one. INVALID_ARGUMENT (NOT_FOUND for a file that does
  // not exist) with one line for each thing that is wrong, in all sources:
  //
  //   config.yaml:12: DATABASE.PROT is not a known key; did you mean DATABASE.PORT?
  //   environment DATABASE_PORT: "abc" is not a whole number (1 to 65535)
  static absl::StatusOr<Config> Load(std::span<Source* const> sources);

  // By path: config.Int("DATABASE.PORT"). A path that is not declared, or of another type, ends the program.
  const std::string& String(std::string_view path) const;  // also of a choice
  int Int(std::string_view path) const;
  bool Bool(std::string_view path) const;
  absl::Duration Duration(std::string_view path) const;
  const std::vector<std::string>& Strings(std::string_view path) const;

  // INVALID_ARGUMENT for what only the user of a key can see to be wrong; names where the value came from:
  // "config.yaml:7: TLS.CERT_PATH: no such file". `problem` must not repeat a secret.
  absl::Status Invalid(std::string_view path, std::string_view problem) const;

  // All of it as YAML that Load reads back, secrets as "***", with the source of each: # default, # file, #
  // environment.
  std::string Print() const;

 private:
  struct Setting {
    Value value;
    std::string source;  // "default", or the source's name
    std::string origin;  // as Entry::origin
  };

  Config() = default;
  const Setting& Find(std::string_view path) const;
  template <class T>
  const T& Get(std::string_view path) const;
  std::vector<std::string> CrossChecks() const;

  std::map<std::string, Setting, std::less<>> settings_;  // every declared key
};

// A program's usual sources: the file (left out when `file` is empty), the environment, then `further`.
absl::StatusOr<Config> LoadConfig(const std::string& file, std::span<Source* const> further = {});

}  // namespace smallbiznis::config
