#include "pkg/crypto/page_token.h"

#include <fmt/format.h>

#include "pkg/status/status.h"

namespace smallbiznis::crypto {
namespace {

// The digest has a fixed length and comes last, so no two contexts share a text.
std::string Bound(const PageContext& context) {
  return fmt::format("{}\n{}", context.list, Sha256(context.filter));
}

}  // namespace

absl::StatusOr<int> PageSize(int32_t asked) {
  if (asked < 0 || asked > kMaxPageSize) {
    return status::InvalidField("page_size", fmt::format("must be from 0 to {}", kMaxPageSize));
  }
  return asked == 0 ? kDefaultPageSize : asked;
}

std::string PageTokens::Make(const PageContext& context, std::string_view cursor) const {
  return Base64Url(keyring_.Seal(Purpose::kPageToken, cursor, Bound(context)));
}

absl::StatusOr<std::string> PageTokens::Open(const PageContext& context, std::string_view token) const {
  if (const auto sealed = FromBase64Url(token); sealed.ok()) {
    if (auto cursor = keyring_.Open(Purpose::kPageToken, *sealed, Bound(context)); cursor.ok()) return cursor;
  }
  return status::InvalidField("page_token", "is not a token of this list with this filter and order");
}

}  // namespace smallbiznis::crypto
