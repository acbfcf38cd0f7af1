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

}  // namespace

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
