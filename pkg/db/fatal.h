// For programmer's errors only, never for what input or the server can cause.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace smallbiznis::db {

[[noreturn]] inline void Fatal(std::string_view message) {
  std::fprintf(stderr, "db: %.*s\n", static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace smallbiznis::db
