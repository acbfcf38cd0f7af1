#include "cmd/sbctl/table.h"

#include <algorithm>

namespace smallbiznis::sbctl {
namespace {

// Unicode code points: near enough to what a terminal shows.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

void Table::Print(std::ostream& out) const {
  if (rows_.empty()) return;
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<size_t> widths(columns_.size());
  for (const auto& line : lines) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], Width(line[i]));
  }
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string blanks(widths[i] - Width(line[i]), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].align == Align::kRight ? blanks + line[i] : line[i] + blanks;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  }
}

}  // namespace smallbiznis::sbctl
