// Values as Go prints them, for records that Go programs show and read back.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::task {

// As Go's time.Duration: "1h0m0s", "1.5s", "250ms", "0s". Beyond 64 bits of nanoseconds it is the nearest that fits.
std::string GoDuration(absl::Duration duration);

// A Go string literal of `text`, all ASCII, as strconv.QuoteToASCII makes it: "caf\u00e9" with the quotes.
std::string GoQuote(std::string_view text);

// time.UnixDate in UTC: "Mon Jan  2 15:04:05 UTC 2006".
std::string GoUnixDate(absl::Time time);

}  // namespace smallbiznis::task
