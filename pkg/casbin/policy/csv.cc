#include "pkg/casbin/policy/csv.h"

#include <fmt/format.h>

#include <array>

#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

constexpr std::string_view kSpaces = " \t\n\v\f\r";
constexpr std::array<std::string_view, 19> kWideSpaces = {
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

// Bytes of the white space at the beginning, or at the end.
size_t Leading(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text[0]) < 0x80) return kSpaces.find(text[0]) != kSpaces.npos;
  for (const std::string_view space : kWideSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

size_t Trailing(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text.back()) < 0x80) return kSpaces.find(text.back()) != kSpaces.npos;
  for (const std::string_view space : kWideSpaces) {
    if (text.ends_with(space)) return space.size();
  }
  return 0;
}

absl::Status Misplaced(size_t field, std::string_view what) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_POLICY", fmt::format("column {}: {}", field, what));
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  while (const size_t bytes = Leading(text)) text.remove_prefix(bytes);
  while (const size_t bytes = Trailing(text)) text.remove_suffix(bytes);
  return text;
}

absl::StatusOr<bool> CsvLine::Split(std::string_view line) {
  fields_.clear();
  unquoted_.clear();
  line = TrimSpace(line);
  if (line.empty() || line[0] == '#') return false;
  unquoted_.reserve(line.size() / 2);  // views into them must not move
  size_t at = 0;
  while (true) {
    while (const size_t bytes = Leading(line.substr(at))) at += bytes;
    if (at < line.size() && line[at] == '"') {
      RETURN_IF_ERROR(Quoted(line, at, fields_.size() + 1));
    } else {
      const size_t comma = std::min(line.find(',', at), line.size());
      const std::string_view field = line.substr(at, comma - at);
      if (field.find('"') != field.npos) return Misplaced(fields_.size() + 1, "a quote inside a field without quotes");
      fields_.push_back(field);
      at = comma;
    }
    if (at == line.size()) return true;
    ++at;  // the comma
  }
}

absl::Status CsvLine::Quoted(std::string_view line, size_t& at, size_t field) {
  const size_t begin = ++at;
  bool doubled = false;
  while (true) {
    at = line.find('"', at);
    if (at == line.npos) return Misplaced(field, "a quote that is not closed");
    if (line.substr(at + 1, 1) != "\"") break;
    doubled = true;
    at += 2;
  }
  std::string_view text = line.substr(begin, at - begin);
  if (doubled) {
    std::string& plain = unquoted_.emplace_back();
    for (size_t i = 0; i < text.size(); ++i) {
      plain += text[i];
      if (text[i] == '"') ++i;
    }
    text = plain;
  }
  fields_.push_back(text);
  ++at;
  if (at < line.size() && line[at] != ',') return Misplaced(field, "text after the closing quote");
  return absl::OkStatus();
}

}  // namespace smallbiznis::casbin
