// Which passwords are taken, and the bytes that are hashed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::password {

inline constexpr int kMinCharacters = 10;  // Unicode code points
inline constexpr int kMaxCharacters = 256;

// `typed` in the one form in which it is hashed, so that the same password typed on another keyboard or system is the
// same bytes: RFC 8265, OpaqueString (Unicode NFC, every kind of blank as U+0020; nothing is trimmed or folded in
// case).
//
// INVALID_ARGUMENT naming `field`, which never repeats the password: not UTF-8, too short, too long, control
// characters, or one and the same character again and again.
absl::StatusOr<std::string> Prepare(std::string_view field, std::string_view typed);

}  // namespace smallbiznis::password
