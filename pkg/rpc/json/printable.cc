#include "pkg/rpc/json/printable.h"

#include <simdjson.h>

#include <algorithm>

namespace smallbiznis::rpc::json {

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string Printable(std::string_view text, size_t limit) {
  const bool cut = text.size() > limit;
  if (cut) {
    // Not in the middle of a character: back to the start of a sequence, at most three bytes.
    size_t end = limit;
    while (end > 0 && limit - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out(text);
  const bool ascii_only = !IsUtf8(text);
  std::replace_if(
      out.begin(), out.end(),
      [ascii_only](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || (ascii_only && byte >= 0x80);
      },
      '?');
  if (cut) out += "...";
  return out;
}

}  // namespace smallbiznis::rpc::json
