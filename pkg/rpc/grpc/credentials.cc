#include "pkg/rpc/grpc/credentials.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/status/status.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::grpc {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Free<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;

absl::StatusOr<std::string> ReadFile(const char* key, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || content.empty()) {
    const std::string why = file.is_open() ? "nothing in it" : std::generic_category().message(errno);
    return absl::InvalidArgumentError(fmt::format("cannot read {} {}: {}", key, path, why));
  }
  return content;
}

BioPtr View(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// A key with a pass phrase is refused; without this OpenSSL would ask for it on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return 0;
}

absl::Status CheckPair(const std::string& cert_path, const std::string& cert_pem, const std::string& key_path,
                       const std::string& key_pem) {
  const CertificatePtr certificate(PEM_read_bio_X509(View(cert_pem).get(), nullptr, &NoPassphrase, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(fmt::format("TLS.CERT_PATH {} is not a PEM certificate", cert_path));
  }
  const KeyPtr key(PEM_read_bio_PrivateKey(View(key_pem).get(), nullptr, &NoPassphrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("TLS.KEY_PATH {} is not a PEM private key without pass phrase", key_path));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        fmt::format("TLS.KEY_PATH {} is not the key of TLS.CERT_PATH {}", key_path, cert_path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<::grpc::ServerCredentials>> MakeCredentials(const std::string& cert_path,
                                                                           const std::string& key_path) {
  if (cert_path.empty() && key_path.empty()) return ::grpc::InsecureServerCredentials();
  if (cert_path.empty() || key_path.empty()) {
    return absl::InvalidArgumentError("TLS needs both TLS.CERT_PATH and TLS.KEY_PATH");
  }
  ASSIGN_OR_RETURN(const std::string cert_pem, ReadFile("TLS.CERT_PATH", cert_path));
  ASSIGN_OR_RETURN(const std::string key_pem, ReadFile("TLS.KEY_PATH", key_path));
  RETURN_IF_ERROR(CheckPair(cert_path, cert_pem, key_path, key_pem));
  ::grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({key_pem, cert_pem});
  return ::grpc::SslServerCredentials(options);
}

}  // namespace smallbiznis::rpc::grpc
