// Recovery codes: each lets its owner in once, in place of a code of the app.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::totp {

inline constexpr int kRecoveryCodes = 10;

// kRecoveryCodes different codes of 80 random bits, "7k2m-9qxt-4v0b-h8rc": Crockford's base 32, whose letters and
// digits are not mistaken for each other. Shown once.
std::vector<std::string> NewRecoveryCodes();

// `typed` as NewRecoveryCodes made it: letter case, hyphens, blanks and the look-alikes i, l, o are overlooked. Nothing
// when it cannot be a code.
std::optional<std::string> NormaliseRecoveryCode(std::string_view typed);

// What is stored of a normalised code: 32 bytes, worth nothing for another owner.
std::string RecoveryCodeMac(const crypto::Keyring& keyring, int64_t owner, std::string_view code);

}  // namespace smallbiznis::totp
