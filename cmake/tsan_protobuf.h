// Included first in every file of the ThreadSanitizer build (cmake/Toolchain.cmake). protobuf's map fields have two
// more members when they are compiled for ThreadSanitizer; Debian's libprotobuf is not, and the two sides of reflection
// would disagree on where a map is. The standard headers come first, so that they still know of the sanitizer.
#pragma once

#ifdef __cplusplus
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
#endif
