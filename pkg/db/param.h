// Parameters of a statement, in PostgreSQL's text format, or its binary one where that saves work on both sides.
// Conversions are implicit so that a call reads as a list of values:
//
//   tx.Query(sql::kInsertTenant, {tenant.id, tenant.name, tenant.expires_at /* optional */, std::vector<int64_t>{1,
//   2}});
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/db/bytes.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::db {

class Param {
 public:
  Param(std::nullopt_t) {}  // NULL
  Param(bool value);
  Param(int32_t value);
  Param(int64_t value);
  Param(std::string value) : value_(std::move(value)) {}
  Param(std::string_view value) : value_(value) {}
  Param(const char* value) : value_(value) {}
  Param(const Bytes& value) : value_(value.data), binary_(true) {}
  Param(absl::Time value);  // timestamptz, microseconds, UTC
  // Arrays of this type, and of no other.
  Param(const std::vector<int64_t>& values);      // bigint[]
  Param(const std::vector<std::string>& values);  // text[]
  Param(const std::vector<absl::Time>& values);   // timestamptz[]
  Param(const std::vector<Bytes>& values);        // bytea[]
  template <class Tag>
  Param(snowflake::Id<Tag> id) : Param(id.value()) {}
  template <class T>
  Param(const std::optional<T>& value) {
    if (value) *this = Param(*value);
  }

  // What is sent: nullopt is NULL.
  const std::optional<std::string>& value() const { return value_; }
  bool binary() const { return binary_; }

 private:
  std::optional<std::string> value_;
  bool binary_ = false;
};

}  // namespace smallbiznis::db
