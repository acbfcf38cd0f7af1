// libFuzzer's entry to the target FUZZ_TARGET.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "test/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string wrong = smallbiznis::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  if (wrong.empty()) return 0;
  std::cerr << wrong << "\n";
  std::abort();
}
