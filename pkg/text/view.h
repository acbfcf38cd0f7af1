// Between std::string_view, which the house uses, and absl::string_view, which Debian builds as a type of its own (so
// absl::StrCat, absl::Status and Abseil's maps do not take a std::string_view). Texts are put together with
// fmt::format.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace smallbiznis::text {

// The result points into `view`.
inline absl::string_view ToAbsl(std::string_view view) {
  return {view.data(), view.size()};
}
inline std::string_view ToStd(absl::string_view view) {
  return {view.data(), view.size()};
}

}  // namespace smallbiznis::text
