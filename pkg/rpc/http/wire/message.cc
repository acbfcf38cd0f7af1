#include "pkg/rpc/http/wire/message.h"

#include "absl/strings/match.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::http {

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key.size() == name.size() && absl::EqualsIgnoreCase(key, text::ToAbsl(name))) return value;
  }
  return std::nullopt;
}

}  // namespace smallbiznis::rpc::http
