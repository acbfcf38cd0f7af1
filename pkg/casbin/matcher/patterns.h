// Regular expressions, paths and addresses that match.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::casbin {

// All return INVALID_ARGUMENT for a malformed pattern. Thread-safe; every thread keeps the patterns that it has used
// last.

// Whether RE2 `pattern` matches a part of `text`.
absl::StatusOr<bool> RegexMatch(std::string_view text, std::string_view pattern);

// Of a path and a pattern of paths with `*`: keyMatch takes it at the end, the others anywhere; parts of a path are
// `:part` in keyMatch2, `{part}` in keyMatch3, also the same one twice in keyMatch4; keyMatch5 ignores what follows
// `?`.
bool KeyMatch(std::string_view path, std::string_view pattern);
absl::StatusOr<bool> KeyMatch2(std::string_view path, std::string_view pattern);
absl::StatusOr<bool> KeyMatch3(std::string_view path, std::string_view pattern);
absl::StatusOr<bool> KeyMatch4(std::string_view path, std::string_view pattern);
absl::StatusOr<bool> KeyMatch5(std::string_view path, std::string_view pattern);

// What stands for `*`, or for the part `name`; empty when there is no match.
std::string_view KeyGet(std::string_view path, std::string_view pattern);
absl::StatusOr<std::string> KeyGet2(std::string_view path, std::string_view pattern, std::string_view name);
absl::StatusOr<std::string> KeyGet3(std::string_view path, std::string_view pattern, std::string_view name);

// Whether the address is that of the pattern, or within it: 192.168.2.0/24, 2001:db8::/32. INVALID_ARGUMENT also when
// `address` is none.
absl::StatusOr<bool> IpMatch(std::string_view address, std::string_view pattern);

// Shell patterns over paths: * ? [a-z] {a,b} and ** for any number of folders.
absl::StatusOr<bool> GlobMatch(std::string_view path, std::string_view pattern);

}  // namespace smallbiznis::casbin
