// What the server itself puts into an answer: its head, and whole answers for requests that reach no handler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/clock/clock.h"
#include "pkg/rpc/http/wire/message.h"

namespace smallbiznis::rpc::http {

// The Date header's value, made once a second. Not thread-safe.
class DateText {
 public:
  // Valid until the next call.
  std::string_view At(absl::Time now);

 private:
  int64_t second_ = -1;
  std::string text_;
};

struct Framing {
  enum class Connection { kKeepAlive, kKeepAliveToHttp10, kClose };
  Connection connection = Connection::kKeepAlive;
  std::string_view date;
  size_t content_length = 0;
  bool gzipped = false;  // the body is
  bool varies = false;   // it would have been for another Accept-Encoding, or was
};

// Appends status line and headers up to the empty line. Headers that are the server's are left out of the handler's;
// what would break the framing (line ends in a value, names that are no token) never gets onto the wire.
void AppendHead(const Response& response, const Framing& framing, std::string& out);

// Whether an answer of this status carries a body (RFC 9110 6.4.1).
bool HasBody(int status);

// A google.rpc.Status as JSON, with the code that grpc-gateway's table gives to `http_status`.
Response ErrorAnswer(int http_status, std::string_view message);

}  // namespace smallbiznis::rpc::http
