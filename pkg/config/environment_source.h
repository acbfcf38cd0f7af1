// Environment variables: DATABASE_HOST for DATABASE.HOST.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pkg/config/source.h"

namespace smallbiznis::config {

// Takes the variables that are declared keys and leaves all others alone, except what is surely meant as one: a name
// that begins with a whole section and is one or two letters away from a key ("DATABASE_HOTS") is an error. Others'
// variables such as LOG_FORMAT, REDIS_URL, HTTP_PROXY or LOGNAME are not.
class EnvironmentSource final : public Source {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  explicit EnvironmentSource(Variables variables) : variables_(std::move(variables)) {}
  static EnvironmentSource OfProcess();

  std::string_view name() const override { return "environment"; }
  // INVALID_ARGUMENT with a line for each mistyped name.
  absl::StatusOr<std::vector<Entry>> Read() override;

 private:
  const Variables variables_;
};

}  // namespace smallbiznis::config
