// Parameters of a statement, in PostgreSQL's text format. Conversions are implicit so that a call reads as a list of
// values:
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
#include "pkg/snowflake/id.h"

namespace smallbiznis::db {

// Raw bytes for a bytea column, as opposed to text.
struct Bytes {
  std::string data;
};

class Param {
 public:
  Param(std::nullopt_t) {}  // NULL
  Param(bool value);
  Param(int32_t value);
  Param(int64_t value);
  Param(std::string value) : text_(std::move(value)) {}
  Param(std::string_view value) : text_(value) {}
  Param(const char* value) : text_(value) {}
  Param(const Bytes& value);
  Param(absl::Time value);                        // timestamptz, microseconds, UTC
  Param(const std::vector<int64_t>& values);      // bigint[]
  Param(const std::vector<std::string>& values);  // text[]
  Param(const std::vector<Bytes>& values);        // bytea[]
  template <class Tag>
  Param(snowflake::Id<Tag> id) : Param(id.value()) {}
  template <class T>
  Param(const std::optional<T>& value) {
    if (value) *this = Param(*value);
  }

  // nullopt is NULL.
  const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};

}  // namespace smallbiznis::db
