// The Cookie and Set-Cookie headers of a session (RFC 6265).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::identity {

// The value of the cookie `name` in the Cookie header `header`. Nothing when there is none, and when there are two: a
// page on another host of the domain can plant one, and nobody can tell which is which. Points into `header`.
std::optional<std::string_view> FindCookie(std::string_view header, std::string_view name);

// The value of a Set-Cookie header: for this host and every path, out of reach of scripts, over TLS only, and not sent
// along by other sites' forms and frames.
std::string MakeCookie(std::string_view name, std::string_view value, absl::Duration life);
// The one that makes the browser forget it.
std::string ClearCookie(std::string_view name);

}  // namespace smallbiznis::identity
