// Users, and who asks about them.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "services/identity/session/ticket.h"

namespace smallbiznis::identity {

struct User {
  UserId id;
  std::string email;  // in its one form
  std::string display_name;
  absl::Time created_at;
  bool totp_enabled = false;
};

// A call, as far as the domain needs to know: for limits, the audit trail and what is done after it.
struct Asker {
  std::string peer;    // "203.0.113.7:51234"
  std::string method;  // the RPC's path
  std::string request_id;
  std::string traceparent;  // may be empty
  absl::Time deadline = absl::InfiniteFuture();
};

}  // namespace smallbiznis::identity
