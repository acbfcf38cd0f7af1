// Rows as `copy (...) to stdout (format binary)` gives them: for those who read a million of them, at a fifth of what
// Rows costs. Columns are read by position; reading one as another type, or a NULL as a value, is a programmer's error
// and stops the program where the length shows it: the format does not tell types.
// https://www.postgresql.org/docs/15/sql-copy.html (Binary Format)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace smallbiznis::db {

// Goes through rows that stand behind each other, whole. Not thread-safe.
class Copied {
 public:
  // `rows` must outlive this.
  explicit Copied(std::string_view rows) : left_(rows) {}

  // Moves to the next row; false behind the last one. What was read of the one before points into `rows` and stays
  // good.
  bool Next();

  int columns() const { return static_cast<int>(values_.size()); }
  bool IsNull(int column) const { return values_[static_cast<size_t>(column)].data() == nullptr; }
  int32_t Int32(int column) const;  // also of smallint
  int64_t Int64(int column) const;
  std::string_view Text(int column) const { return Value(column); }
  std::string_view Bytes(int column) const { return Value(column); }
  absl::Time Time(int column) const;
  std::optional<absl::Time> OptionalTime(int column) const;
  std::optional<int64_t> OptionalInt64(int column) const;
  // Of any dimensions, one element after the other; a NULL is 0.
  std::vector<int64_t> Int64Array(int column) const;

 private:
  std::string_view Value(int column) const;

  std::string_view left_;
  std::vector<std::string_view> values_;
};

}  // namespace smallbiznis::db
