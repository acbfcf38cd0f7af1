// Bytes as text (RFC 4648).
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::rpc::json {

// The standard or the URL alphabet, padded or not; nothing else, no white space. False when `text` is none of these.
bool DecodeBase64(std::string_view text, std::string* out);
// Appends the standard alphabet, padded.
void AppendBase64(std::string_view bytes, std::string* out);

}  // namespace smallbiznis::rpc::json
