#include "pkg/db/array.h"

#include <charconv>

namespace smallbiznis::db {
namespace {

// Reads one element, quoted or not, and moves `at` behind it.
bool DecodeElement(std::string_view text, size_t& at, std::optional<std::string>& element) {
  std::string value;
  const bool quoted = at < text.size() && text[at] == '"';
  if (quoted) ++at;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted ? c == '"' : c == ',' || c == '}') break;
    if (!quoted && (c == '{' || c == '"')) return false;
    if (c == '\\' && ++at == text.size()) return false;
    value.push_back(text[at]);
  }
  if (at == text.size() || (!quoted && value.empty())) return false;
  if (quoted) ++at;
  if (quoted || value != "NULL") element = std::move(value);
  return true;
}

// The types' numbers: https://www.postgresql.org/docs/15/catalog-pg-type.html
constexpr uint32_t kInt8 = 20;
constexpr uint32_t kBytea = 17;

// Big-endian.
template <class UInt>
void Append(std::string& out, UInt value) {
  char bytes[sizeof value];
  for (size_t i = sizeof value; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  out.append(bytes, sizeof bytes);
}

// Dimensions, whether there are NULLs, the elements' type; then the dimension's length and lower bound.
std::string BinaryHead(uint32_t type, size_t length) {
  std::string head;
  Append<uint32_t>(head, length == 0 ? 0 : 1);
  Append<uint32_t>(head, 0);
  Append(head, type);
  if (length == 0) return head;
  Append(head, static_cast<uint32_t>(length));
  Append<uint32_t>(head, 1);
  return head;
}

}  // namespace

std::string EncodeBinaryArray(const std::vector<int64_t>& values) {
  std::string out = BinaryHead(kInt8, values.size());
  out.reserve(out.size() + (sizeof(uint32_t) + sizeof(int64_t)) * values.size());
  for (const int64_t value : values) {
    Append<uint32_t>(out, sizeof value);
    Append(out, static_cast<uint64_t>(value));
  }
  return out;
}

std::string EncodeBinaryArray(const std::vector<Bytes>& values) {
  std::string out = BinaryHead(kBytea, values.size());
  size_t size = out.size();
  for (const Bytes& value : values) size += sizeof(uint32_t) + value.data.size();
  out.reserve(size);
  for (const Bytes& value : values) {
    Append(out, static_cast<uint32_t>(value.data.size()));
    out += value.data;
  }
  return out;
}

std::string EncodeArray(const std::vector<int64_t>& values) {
  std::string text = "{";
  text.reserve(2 + values.size() * 20);
  for (const int64_t value : values) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
    text.append(digits, end).push_back(',');
  }
  if (!values.empty()) text.pop_back();
  text.push_back('}');
  return text;
}

std::string EncodeArray(const std::vector<std::string>& values) {
  size_t size = 2;
  for (const std::string& value : values) size += value.size() + 3;
  std::string text = "{";
  text.reserve(size);
  for (const std::string& value : values) {
    text.push_back('"');
    for (const char c : value) {
      if (c == '"' || c == '\\') text.push_back('\\');
      text.push_back(c);
    }
    text.append("\",");
  }
  if (!values.empty()) text.pop_back();
  text.push_back('}');
  return text;
}

std::optional<std::vector<std::optional<std::string>>> DecodeArray(std::string_view text) {
  std::vector<std::optional<std::string>> elements;
  if (text == "{}") return elements;
  if (text.empty() || text.front() != '{') return std::nullopt;
  size_t at = 1;
  while (true) {
    if (!DecodeElement(text, at, elements.emplace_back()) || at == text.size()) return std::nullopt;
    const char c = text[at++];
    if (c == '}') break;
    if (c != ',') return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return elements;
}

}  // namespace smallbiznis::db
