// JSON strings on the way out.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::rpc::json {

// Appends `text` with quotes and the escapes that RFC 8259 demands, no others. False when it is not UTF-8; `out` then
// holds a part.
bool AppendQuoted(std::string_view text, std::string* out);

}  // namespace smallbiznis::rpc::json
