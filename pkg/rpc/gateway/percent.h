// Percent-encoding (RFC 3986) on the way in.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::rpc::gateway {

enum class PercentRule {
  kPath,           // everything is decoded
  kPathKeepSlash,  // "%2F" stays as it is: it is not the "/" between two segments
  kQuery,          // "+" is a space
};

// False when a "%" is not followed by two hexadecimal digits. The result is bytes: whether they are UTF-8 is not looked
// at.
bool PercentDecode(std::string_view text, PercentRule rule, std::string* out);

}  // namespace smallbiznis::rpc::gateway
