#include "pkg/rpc/http/io/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "pkg/rpc/http/io/system_error.h"

namespace smallbiznis::rpc::http {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE.
int BioWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio)));
  const ssize_t n = send(fd, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

int BioRead(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio)));
  const ssize_t n = recv(fd, data, static_cast<size_t>(size), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

long BioControl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    BIO_meth_set_write(method, BioWrite);
    BIO_meth_set_read(method, BioRead);
    BIO_meth_set_ctrl(method, BioControl);
    return method;
  }();
  return kMethod;
}

class Tls final : public Transport {
 public:
  Tls(SSL_CTX* context, int fd) : fd_(fd), ssl_(SSL_new(context)) {
    BIO* const bio = BIO_new(SocketMethod());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }

  IoResult Handshake() override {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return {IoResult::kDone};
    return Waiting(result);
  }

  IoResult Read(char* data, size_t size) override {
    ERR_clear_error();
    size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), data, size, &bytes);
    return result == 1 ? IoResult{IoResult::kDone, bytes} : Waiting(result);
  }

  IoResult Write(std::string_view head, std::string_view body) override {
    ERR_clear_error();
    const std::string_view first = head.empty() ? body : head;
    size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), first.data(), first.size(), &bytes);
    return result == 1 ? IoResult{IoResult::kDone, bytes} : Waiting(result);
  }

  bool HasBuffered() const override { return SSL_has_pending(ssl_.get()) == 1; }

  void CloseWriting() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    shutdown(fd_, SHUT_WR);
  }

 private:
  IoResult Waiting(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {IoResult::kWaitReadable};
      case SSL_ERROR_WANT_WRITE:
        return {IoResult::kWaitWritable};
      default:
        return {IoResult::kClosed};
    }
  }

  const int fd_;
  const SslPtr ssl_;
};

// RFC 7301: of what the client offers we speak http/1.1 only.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                   void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof(kOurs) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

class OpenSslContext final : public TlsContext {
 public:
  explicit OpenSslContext(ContextPtr context) : context_(std::move(context)) {}
  std::unique_ptr<Transport> Accept(int fd) const override { return std::make_unique<Tls>(context_.get(), fd); }

 private:
  const ContextPtr context_;
};

absl::Status Wrong(std::string_view key, std::string_view path, std::string_view reason) {
  ERR_clear_error();
  return absl::FailedPreconditionError(fmt::format("{} {}: {}", key, path, reason));
}

absl::Status CheckReadable(std::string_view key, const std::string& path) {
  if (path.empty()) return absl::FailedPreconditionError(fmt::format("{} is empty, TLS needs it", key));
  if (access(path.c_str(), R_OK) == 0) return absl::OkStatus();
  return Wrong(key, path, errno == ENOENT ? "no such file" : ErrorText(errno));
}

ContextPtr NewContext() {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2; 1.3 has only good ones
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, nullptr);
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Load(const std::string& cert_path,
                                                                   const std::string& key_path) {
  constexpr std::string_view kCert = "TLS.CERT_PATH";
  constexpr std::string_view kKey = "TLS.KEY_PATH";
  if (absl::Status readable = CheckReadable(kCert, cert_path); !readable.ok()) return readable;
  if (absl::Status readable = CheckReadable(kKey, key_path); !readable.ok()) return readable;
  ContextPtr context = NewContext();
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_path.c_str()) != 1) {
    return Wrong(kCert, cert_path, "not a certificate chain in PEM form");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool mismatch = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
    return Wrong(kKey, key_path,
                 mismatch ? fmt::format("does not belong to the certificate in {} {}", kCert, cert_path)
                          : "not a private key in PEM form");
  }
  return std::make_shared<const OpenSslContext>(std::move(context));
}

}  // namespace smallbiznis::rpc::http
