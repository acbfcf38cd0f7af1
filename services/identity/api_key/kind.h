// The kinds and channels of keys by name, and what their text begins with.
#pragma once

#include <string_view>

#include "services/identity/api_key/client.h"

namespace smallbiznis::identity {

std::string_view Name(KeyKind kind);  // "SERVER", as the table has it
KeyKind KindOf(std::string_view name);
std::string_view TextPrefix(KeyKind kind);  // "sbsk_live_"

std::string_view Name(Channel channel);  // "POS"
Channel ChannelOf(std::string_view name);

}  // namespace smallbiznis::identity
