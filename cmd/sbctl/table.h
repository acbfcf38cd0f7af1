// Text in columns.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace smallbiznis::sbctl {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // A cell for each column, UTF-8 without control characters.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // As wide as the longest cell of each column, two blanks between them. No titles where there is no row.
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace smallbiznis::sbctl
