// One line of a policy file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smallbiznis::casbin {

// Without white space (Unicode's) at both ends.
std::string_view TrimSpace(std::string_view text);

// Splits lines into fields, reusing its memory. A field in double quotes may hold commas and doubled quotes; white
// space before a field is dropped, after it kept.
class CsvLine {
 public:
  // False for an empty line and for a comment. INVALID_ARGUMENT, reason CASBIN_POLICY, for misplaced quotes; the
  // message names the column, not the line.
  absl::StatusOr<bool> Split(std::string_view line);

  // Valid until the next Split, as long as that line lives.
  const std::vector<std::string_view>& fields() const { return fields_; }

 private:
  absl::Status Quoted(std::string_view line, size_t& at, size_t field);

  std::vector<std::string_view> fields_;
  std::vector<std::string> unquoted_;  // what fields with doubled quotes say
};

}  // namespace smallbiznis::casbin
