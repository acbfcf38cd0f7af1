#include "pkg/cel/syntax/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/cel/syntax/lexer.h"

namespace smallbiznis::cel {
namespace {

int CodePoints(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Location LocationOf(std::string_view text, uint32_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')), 1 + CodePoints(before.substr(start))};
}

std::string ErrorText(std::string_view text, uint32_t offset, std::string_view message) {
  offset = static_cast<uint32_t>(std::min<size_t>(offset, text.size()));
  const Location at = LocationOf(text, offset);
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  // Of a very long line only what is around the place is shown.
  constexpr size_t kShown = 200;
  int dots = at.column - 1;
  if (line.size() > kShown) {
    size_t from = offset - start > kShown / 2 ? offset - start - kShown / 2 : 0;
    while (from > 0 && (line[from] & 0xC0) == 0x80) --from;
    dots = CodePoints(line.substr(from, offset - start - from));
    line = line.substr(from, kShown);
    while (!line.empty() && (line.back() & 0x80) != 0) line.remove_suffix(1);
  }
  return fmt::format("ERROR: <input>:{}:{}: {}\n | {}\n | {}^", at.line, at.column, ToUtf8(message), ToUtf8(line),
                     std::string(static_cast<size_t>(dots), '.'));
}

absl::Status ErrorAt(std::string_view text, uint32_t offset, std::string_view message, absl::StatusCode code) {
  return absl::Status(code, ErrorText(text, offset, message));
}

}  // namespace smallbiznis::cel
