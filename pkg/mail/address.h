// E-mail addresses that people typed, in one form.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::mail {

inline constexpr size_t kMaxAddressBytes = 254;  // RFC 5321, a path without its brackets

// The form in which an address is stored, compared and mailed to: compatibility forms and letter case folded (Unicode
// NFKC_Casefold), the domain as A-labels (UTS 46, not transitional). Sub-addresses (ann+shop@) and dots are kept: what
// they mean is the mail server's business.
//
// INVALID_ARGUMENT naming `field`, which does not repeat the address: a local part that is no ASCII dot-atom of at most
// 64 bytes after folding (mail servers rarely take others, and look-alike scripts would make accounts that nobody can
// tell apart), or a domain that is no host name of at least two labels.
absl::StatusOr<std::string> NormaliseAddress(std::string_view field, std::string_view typed);

// Whether `address` is what NormaliseAddress gives.
bool IsNormalised(std::string_view address);

}  // namespace smallbiznis::mail
