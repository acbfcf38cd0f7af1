// What a statement answered. Columns are read by position; reading one as another type than the statement's, or a NULL
// as a value, is a programmer's error and stops the program.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

struct pg_result;

namespace smallbiznis::db {

// Valid as long as the Rows it came from.
class Row {
 public:
  Row(const pg_result* result, int row) : result_(result), row_(row) {}

  bool IsNull(int column) const;
  bool Bool(int column) const;
  int32_t Int32(int column) const;
  int64_t Int64(int column) const;
  std::string_view Text(int column) const;
  // Whatever the type, as PostgreSQL writes it; "" for NULL.
  std::string_view Raw(int column) const;
  std::string Bytes(int column) const;
  absl::Time Time(int column) const;
  std::optional<absl::Time> OptionalTime(int column) const;
  std::optional<int64_t> OptionalInt64(int column) const;
  std::vector<std::string> TextArray(int column) const;
  std::vector<int64_t> Int64Array(int column) const;

 private:
  const pg_result* result_;
  int row_;
};

// Owns the answer. Movable.
class Rows {
 public:
  explicit Rows(pg_result* result);

  int size() const;
  bool empty() const { return size() == 0; }
  Row operator[](int row) const { return Row(result_.get(), row); }
  // Rows changed by INSERT, UPDATE or DELETE.
  int64_t affected() const;

  class Iterator {
   public:
    Iterator(const Rows* rows, int row) : rows_(rows), row_(row) {}
    Row operator*() const { return (*rows_)[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }

   private:
    const Rows* rows_;
    int row_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace smallbiznis::db
