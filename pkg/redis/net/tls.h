// TLS (1.2 or newer) over a socket, as a client that insists on a valid certificate.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "pkg/redis/net/socket.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

// The certificates to trust, read once. Thread-safe.
class TlsContext {
 public:
  // INVALID_ARGUMENT when the CA file is not to be read.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const Tls& tls);
  virtual ~TlsContext() = default;

  // Shakes hands; `host` is what the certificate must be for. UNAVAILABLE, DEADLINE_EXCEEDED or CANCELLED with the
  // cause alone.
  virtual absl::StatusOr<std::unique_ptr<Socket>> Wrap(std::unique_ptr<Socket> socket, const std::string& host,
                                                       Deadline deadline, int stop_fd) const = 0;
};

}  // namespace smallbiznis::redis
