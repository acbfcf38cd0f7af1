// The two halves of paging that every list shares: how many rows a page holds, and the token that names the next one.
// A token is opaque and sealed: a caller can neither read nor forge the cursor in it, nor use it with another list or
// another filter, where it would skip or repeat rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/crypto/crypto.h"

namespace smallbiznis::crypto {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1000;

// `asked` as it stands in a request: 0 gives the default. INVALID_ARGUMENT naming page_size when it is negative or
// above the maximum.
absl::StatusOr<int> PageSize(int32_t asked);

// What a token is valid for.
struct PageContext {
  std::string_view list;    // the RPC: "smallbiznis.tenant.v1.TenantService.ListTenants"
  std::string_view filter;  // everything that decides which rows come in which order, serialized; of any length
};

// Thread-safe.
class PageTokens {
 public:
  // `keyring` must outlive this.
  explicit PageTokens(const Keyring& keyring) : keyring_(keyring) {}

  // `cursor` is the list's own text for "after this row", of any bytes.
  std::string Make(const PageContext& context, std::string_view cursor) const;

  // The cursor again. INVALID_ARGUMENT naming page_token when the token was made for another context, by another
  // platform, or was changed.
  absl::StatusOr<std::string> Open(const PageContext& context, std::string_view token) const;

 private:
  const Keyring& keyring_;
};

}  // namespace smallbiznis::crypto
