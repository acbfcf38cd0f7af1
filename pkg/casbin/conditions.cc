#include "absl/time/time.h"
#include "pkg/casbin/function.h"
#include "pkg/text/view.h"

namespace smallbiznis::casbin {
namespace {

absl::StatusOr<absl::Time> ParseBound(std::string_view bound) {
  absl::Time time;
  std::string error;
  if (bound.size() != 19 || !absl::ParseTime("%Y-%m-%d %H:%M:%S", text::ToAbsl(bound), &time, &error)) {
    return absl::InvalidArgumentError("not a time such as 2026-01-31 00:00:00: " + std::string(bound));
  }
  return time;
}

}  // namespace

LinkCondition TimeMatch(const clock::Clock& clock) {
  return [&clock](std::span<const std::string> parameters) -> absl::StatusOr<bool> {
    if (parameters.size() != 2) return absl::InvalidArgumentError("takes a begin and an end");
    const absl::Time now = clock.Now();
    if (parameters[0] != "_") {
      const absl::StatusOr<absl::Time> begin = ParseBound(parameters[0]);
      if (!begin.ok()) return begin.status();
      if (now <= *begin) return false;
    }
    if (parameters[1] != "_") {
      const absl::StatusOr<absl::Time> end = ParseBound(parameters[1]);
      if (!end.ok()) return end.status();
      if (now >= *end) return false;
    }
    return true;
  };
}

}  // namespace smallbiznis::casbin
