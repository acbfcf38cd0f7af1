// HTTPS requests of the program itself to hosts that a setting or a user names.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::fetch {

struct Options {
  std::string ca_file;             // PEM of the authorities that certificates may come from; empty: the system's
  bool private_addresses = false;  // whether addresses that are not public (address.h) may be connected to
  absl::Duration timeout = absl::Seconds(5);  // for a whole exchange
  size_t max_bytes = 256 * 1024;              // of an answer
  int max_concurrent = 8;                     // exchanges at work
};

struct Request {
  std::string url;  // "https://..."
  // Sent as a form by POST; empty: GET.
  std::vector<std::pair<std::string, std::string>> form;
  // At most one of the two; empty: none.
  std::string basic;   // "user:password"
  std::string bearer;  // a token
};

struct Response {
  int status = 0;  // whatever it is: a redirect too
  std::string body;
};

// Percent-encoding of all but unreserved characters (RFC 3986), as forms and queries want it.
std::string Escape(std::string_view text);

// Thread-safe. A connection for each request.
class Client {
 public:
  // `clock` must outlive the client.
  Client(Options options, const clock::Clock& clock);

  // INVALID_ARGUMENT, reason FETCH_URL_REFUSED, for a URL that is not https or names a user, and for credentials that
  // do not go into a header. UNAVAILABLE or DEADLINE_EXCEEDED with reason FETCH_ADDRESS_REFUSED (nothing but private
  // addresses), FETCH_ANSWER_TOO_LONG, FETCH_BUSY or FETCH_FAILED (everything else on the way). Messages are not for
  // who caused the request: they say what is at that host.
  absl::StatusOr<Response> Fetch(const Request& request, absl::Time deadline = absl::InfiniteFuture());

 private:
  absl::StatusOr<Response> Perform(const Request& request, absl::Time deadline) const;

  const Options options_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace smallbiznis::fetch
