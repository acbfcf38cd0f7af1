// What the server shows its clients: nothing, or a certificate.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace smallbiznis::rpc::grpc {

// Plain text when both paths are empty. INVALID_ARGUMENT naming TLS.CERT_PATH or TLS.KEY_PATH when a file cannot be
// read, is not PEM, or the key is not the certificate's.
absl::StatusOr<std::shared_ptr<::grpc::ServerCredentials>> MakeCredentials(const std::string& cert_path,
                                                                           const std::string& key_path);

}  // namespace smallbiznis::rpc::grpc
