// ROOT_DOMAIN: the domain below which every tenant gets a name.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::domain {

class RootDomain {
 public:
  // Labels of letters, digits and inner hyphens ("shops.example.com", "localhost"), short enough for a tenant's label
  // in front of it; letter case is folded. INVALID_ARGUMENT saying what is wrong.
  static absl::StatusOr<RootDomain> Parse(std::string_view text);

  // "<label>.<root>"
  std::string Below(std::string_view label) const;
  const std::string& name() const { return name_; }

 private:
  explicit RootDomain(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace smallbiznis::domain
