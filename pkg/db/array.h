// One-dimensional arrays in PostgreSQL's text format: {1,2} {"a","b \"quoted\""}.
// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smallbiznis::db {

std::string EncodeArray(const std::vector<int64_t>& values);
std::string EncodeArray(const std::vector<std::string>& values);

// nullopt when `text` is not such an array; an element is nullopt when it is NULL.
std::optional<std::vector<std::optional<std::string>>> DecodeArray(std::string_view text);

}  // namespace smallbiznis::db
