// Whether bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::text {

bool IsUtf8(std::string_view bytes);

// Each byte that belongs to no valid sequence becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view bytes);

// The longest prefix of at most `limit` bytes that does not cut a character; `text` is UTF-8.
std::string_view Utf8Prefix(std::string_view text, size_t limit);

}  // namespace smallbiznis::text
