#include "pkg/fx/lifecycle.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"

namespace smallbiznis::fx {

void Lifecycle::Append(Hook hook) {
  if (is_sealed_) {
    fmt::print(stderr, "fx: hook {} appended after the app was built\n", hook.name);
    std::abort();
  }
  hooks_.push_back(std::move(hook));
}

}  // namespace smallbiznis::fx
