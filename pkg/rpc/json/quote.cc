#include "pkg/rpc/json/quote.h"

#include <fmt/format.h>

#include <iterator>

#include "pkg/rpc/json/printable.h"

namespace smallbiznis::rpc::json {
namespace {

bool MustEscape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

void AppendEscape(unsigned char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", c);
  }
}

}  // namespace

bool AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  unsigned char high_bits = 0;
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    high_bits |= c;
    if (!MustEscape(c)) continue;
    out->append(text, from, i - from);
    AppendEscape(c, out);
    from = i + 1;
  }
  if (high_bits >= 0x80 && !IsUtf8(text)) return false;
  out->append(text, from, text.size() - from);
  out->push_back('"');
  return true;
}

}  // namespace smallbiznis::rpc::json
