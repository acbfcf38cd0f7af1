#pragma once

#include <string>

namespace smallbiznis::db {

// Raw bytes for a bytea column, as opposed to text.
struct Bytes {
  std::string data;
};

}  // namespace smallbiznis::db
