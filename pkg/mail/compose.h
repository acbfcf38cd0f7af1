// The bytes of a message: RFC 5322 with RFC 2045 (MIME) and RFC 2047 (names and subjects beyond ASCII).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/mail/mail.h"

namespace smallbiznis::mail {

inline constexpr int kMaxSubjectCharacters = 200;
inline constexpr int kMaxNameCharacters = 200;
inline constexpr size_t kMaxTextBytes = size_t{256} * 1024;

// Lines end with CRLF and have at most 76 bytes, but for one that holds a long address. INVALID_ARGUMENT naming the
// part at fault ("subject", "to.address"), without repeating it: not in its form, not UTF-8, too long, or with a line
// break or control character where there must be none.
absl::StatusOr<std::string> Compose(const Message& message, absl::Time date);

}  // namespace smallbiznis::mail
