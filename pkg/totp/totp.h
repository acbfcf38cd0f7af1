// Time-based one-time passwords: RFC 6238 over RFC 4226.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::totp {

enum class Algorithm { kSha1, kSha256, kSha512 };

// What authenticator apps agree on.
inline constexpr int kDigits = 6;
inline constexpr absl::Duration kStep = absl::Seconds(30);
inline constexpr size_t kSecretBytes = 20;
// Steps before and after the present one whose codes are good: a phone's clock may be off, and typing takes time.
inline constexpr int64_t kDriftSteps = 1;

std::string NewSecret();  // kSecretBytes random bytes

// The number of whole steps since 1970.
int64_t StepAt(absl::Time time);

// The code of `step`, with its leading zeros. `digits` is 6 to 8.
std::string CodeAt(std::string_view secret, int64_t step, int digits = kDigits, Algorithm algorithm = Algorithm::kSha1);

// The step whose code `code` is, at most kDriftSteps from `now` and later than `last_step`, the last one that was
// accepted (nullopt: none was). Nothing for any other text. Blanks among the digits, as apps show them, are overlooked.
std::optional<int64_t> Accept(std::string_view secret, std::string_view code, absl::Time now,
                              std::optional<int64_t> last_step);

// RFC 4648, upper case, without padding: the text to type where no camera is at hand.
std::string Base32(std::string_view bytes);

// otpauth://totp/Issuer:account?secret=...&issuer=..., as apps read it from a QR code. Names may be any UTF-8; a colon
// in one, which the format cannot hold, is left out.
std::string ProvisioningUri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace smallbiznis::totp
