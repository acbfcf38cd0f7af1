#include "pkg/cron/refusal.h"

#include <fmt/format.h>

#include "absl/strings/escaping.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::cron {

absl::Status Refusal(std::string_view part, std::string_view problem) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CRON_SPEC_INVALID", fmt::format("{}: {}", part, problem));
}

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  // Every byte outside ASCII is escaped: a cut through a character must not leave half of it.
  const std::string escaped = absl::CHexEscape(text::ToAbsl(text.substr(0, kShown)));
  return fmt::format("\"{}{}\"", escaped, text.size() > kShown ? "..." : "");
}

}  // namespace smallbiznis::cron
