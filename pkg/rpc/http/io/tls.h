// TLS for the listening side, on OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "pkg/rpc/http/io/transport.h"

namespace smallbiznis::rpc::http {

// A certificate with its key, TLS 1.2 and 1.3, ALPN "http/1.1". Thread-safe.
class TlsContext {
 public:
  // FAILED_PRECONDITION naming the key to change: "TLS.CERT_PATH /x.pem: no such file".
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Load(const std::string& cert_path,
                                                                const std::string& key_path);
  virtual ~TlsContext() = default;

  // The server's end over `fd`, which stays the caller's. The transport keeps what it needs of the context.
  virtual std::unique_ptr<Transport> Accept(int fd) const = 0;
};

}  // namespace smallbiznis::rpc::http
