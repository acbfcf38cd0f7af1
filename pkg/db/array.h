// One-dimensional arrays in PostgreSQL's text format, {1,2} {"a","b \"quoted\""}, and in its binary one.
// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO; the binary format is that of array_recv
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/db/bytes.h"

namespace smallbiznis::db {

std::string EncodeArray(const std::vector<int64_t>& values);
std::string EncodeArray(const std::vector<std::string>& values);

std::string EncodeBinaryArray(const std::vector<int64_t>& values);  // bigint[]
std::string EncodeBinaryArray(const std::vector<Bytes>& values);    // bytea[]

// nullopt when `text` is not such an array; an element is nullopt when it is NULL.
std::optional<std::vector<std::optional<std::string>>> DecodeArray(std::string_view text);

}  // namespace smallbiznis::db
