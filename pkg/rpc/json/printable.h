// Text from outside, made fit to be quoted in an error.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::rpc::json {

// `text` as valid UTF-8 without control characters (each becomes '?'), cut to about `limit` bytes with "..." at the
// end.
std::string Printable(std::string_view text, size_t limit = 64);

bool IsUtf8(std::string_view text);

}  // namespace smallbiznis::rpc::json
