// Opens connections: socket, TLS, and the handshake of Redis.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pkg/redis/internal/wire.h"
#include "pkg/redis/net/tls.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

struct Login {
  std::string username;
  std::string password;  // no AUTH is sent when empty
  int db = 0;
  std::string client_name;
};

// Thread-safe.
class Dialer {
 public:
  explicit Dialer(Tls tls) : tls_(std::move(tls)) {}

  // UNAVAILABLE, REDIS_UNAVAILABLE, for what may pass: not reachable, not in time, loading. CANCELLED for `stop_fd`.
  // Another code for what will not: a wrong password, a database that is none, a CA file that is not to be read.
  absl::StatusOr<std::unique_ptr<Wire>> Dial(const Endpoint& endpoint, const Login& login, Deadline deadline,
                                             int stop_fd);

 private:
  absl::StatusOr<std::unique_ptr<Socket>> Open(const Endpoint& endpoint, Deadline deadline, int stop_fd);
  absl::StatusOr<const TlsContext*> Context();

  const Tls tls_;
  std::mutex mutex_;
  std::unique_ptr<TlsContext> context_ ABSL_GUARDED_BY(mutex_);  // made when first needed
};

}  // namespace smallbiznis::redis
