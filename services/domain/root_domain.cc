#include "services/domain/root_domain.h"

#include <fmt/format.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "pkg/text/view.h"

namespace smallbiznis::domain {
namespace {

constexpr size_t kMaxHost = 253;  // RFC 1035, section 2.3.4, as text
constexpr size_t kMaxLabel = 63;
constexpr size_t kLongestSlug = 40;  // with its dot, it must fit in front of the root

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<RootDomain> RootDomain::Parse(std::string_view text) {
  if (text.size() + kLongestSlug + 1 > kMaxHost) {
    return absl::InvalidArgumentError(fmt::format("must have at most {} characters", kMaxHost - kLongestSlug - 1));
  }
  std::string_view last;
  for (const absl::string_view label : absl::StrSplit(text::ToAbsl(text), '.')) {
    last = text::ToStd(label);
    if (IsLabel(last)) continue;
    return absl::InvalidArgumentError(
        "must be a domain name such as shops.example.com: labels of letters, digits and inner hyphens, "
        "without a dot at either end");
  }
  if (last.find_first_not_of("0123456789") == last.npos) {
    return absl::InvalidArgumentError("must be a domain name, not an address");
  }
  return RootDomain(absl::AsciiStrToLower(text::ToAbsl(text)));
}

std::string RootDomain::Below(std::string_view label) const {
  return fmt::format("{}.{}", label, name_);
}

}  // namespace smallbiznis::domain
