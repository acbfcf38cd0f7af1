// One-dimensional arrays: out in PostgreSQL's binary format, that of array_recv; in in its text format, {"a","b
// \"c\""}. https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/db/bytes.h"

namespace smallbiznis::db {

std::string EncodeArray(const std::vector<int64_t>& values);      // bigint[]
std::string EncodeArray(const std::vector<std::string>& values);  // text[]
std::string EncodeArray(const std::vector<absl::Time>& values);   // timestamptz[], microseconds
std::string EncodeArray(const std::vector<Bytes>& values);        // bytea[]

// nullopt when `text` is not such an array; an element is nullopt when it is NULL.
std::optional<std::vector<std::optional<std::string>>> DecodeArray(std::string_view text);

}  // namespace smallbiznis::db
