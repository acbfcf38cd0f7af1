// The text of an expression, and how an error points into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::cel {

struct Location {
  int line = 1;
  int column = 1;  // counts code points
};

// Where in `text` the byte `offset` is.
Location LocationOf(std::string_view text, uint32_t offset);

// The well-known form, INVALID_ARGUMENT unless `code` says otherwise. UTF-8, whatever the text is:
//   ERROR: <input>:1:5: Syntax error: unexpected ')'
//    | 1 + )
//    | ....^
std::string ErrorText(std::string_view text, uint32_t offset, std::string_view message);
absl::Status ErrorAt(std::string_view text, uint32_t offset, std::string_view message,
                     absl::StatusCode code = absl::StatusCode::kInvalidArgument);

}  // namespace smallbiznis::cel
