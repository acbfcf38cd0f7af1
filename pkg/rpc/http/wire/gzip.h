// gzip (RFC 1952) in both directions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::rpc::http {

// Whether an Accept-Encoding value (RFC 9110 12.5.3) allows gzip: named or by "*", its weight not 0.
bool AllowsGzip(std::string_view accept_encoding);

// Thread-safe; keeps its memory for the thread's next call.
std::string Gzip(std::string_view plain);

// RESOURCE_EXHAUSTED as soon as the result passes `limit`, INVALID_ARGUMENT when `packed` is broken or cut short.
absl::StatusOr<std::string> Gunzip(std::string_view packed, size_t limit);

}  // namespace smallbiznis::rpc::http
