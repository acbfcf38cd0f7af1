#include "pkg/redis/net/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <climits>
#include <string>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

namespace asio = boost::asio;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// OpenSSL's own socket BIO would raise SIGPIPE.
class SocketBio {
 public:
  static BIO* Create(Socket& socket) {
    static BIO_METHOD* const kMethod = MakeMethod();
    BIO* const bio = BIO_new(kMethod);
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    return bio;
  }

 private:
  static BIO_METHOD* MakeMethod() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "redis socket");
    BIO_meth_set_write(method, Write);
    BIO_meth_set_read(method, Read);
    BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return method;
  }
  static int Write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const absl::StatusOr<size_t> count =
        static_cast<Socket*>(BIO_get_data(bio))->Write({bytes, static_cast<size_t>(size)});
    if (count.ok() && *count == 0) BIO_set_retry_write(bio);
    return count.ok() && *count > 0 ? static_cast<int>(*count) : -1;
  }
  static int Read(BIO* bio, char* buffer, int size) {
    BIO_clear_retry_flags(bio);
    const absl::StatusOr<size_t> count =
        static_cast<Socket*>(BIO_get_data(bio))->Read({buffer, static_cast<size_t>(size)});
    if (count.ok() && *count == 0) BIO_set_retry_read(bio);
    return count.ok() && *count > 0 ? static_cast<int>(*count) : -1;
  }
};

class TlsSocket final : public Socket {
 public:
  TlsSocket(std::unique_ptr<Socket> socket, SSL* ssl) : socket_(std::move(socket)), ssl_(ssl) {
    BIO* const bio = SocketBio::Create(*socket_);
    SSL_set_bio(ssl, bio, bio);
  }

  absl::Status SetHost(const std::string& host) {
    boost::system::error_code not_digits;
    asio::ip::make_address(host, not_digits);
    const bool set = not_digits ? SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 &&
                                      SSL_set1_host(ssl_.get(), host.c_str()) == 1
                                : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1;
    return set ? absl::OkStatus() : absl::UnavailableError("TLS: the server's name is not one");
  }

  absl::Status Handshake(Deadline deadline, int stop_fd) {
    while (true) {
      ERR_clear_error();
      const int result = SSL_connect(ssl_.get());
      if (result == 1) return absl::OkStatus();
      ASSIGN_OR_RETURN(const bool to_write, Blocked(result));
      switch (socket_->Wait(to_write, deadline, stop_fd, false)) {
        case Ready::kReady:
          break;
        case Ready::kTimeout:
          return absl::DeadlineExceededError("the TLS handshake took too long");
        case Ready::kStopped:
          return absl::CancelledError("interrupted");
      }
    }
  }

  absl::StatusOr<size_t> Write(std::string_view bytes) override {
    if (bytes.empty()) return 0;
    ERR_clear_error();
    const int count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)));
    return Count(count);
  }
  absl::StatusOr<size_t> Read(std::span<char> buffer) override {
    ERR_clear_error();
    return Count(SSL_read(ssl_.get(), buffer.data(), static_cast<int>(std::min<size_t>(buffer.size(), INT_MAX))));
  }
  Ready Wait(bool to_write, Deadline deadline, int stop_fd, bool look_inside) override {
    if (look_inside && SSL_has_pending(ssl_.get()) == 1) return Ready::kReady;
    return socket_->Wait(to_write, deadline, stop_fd, false);
  }

 private:
  absl::StatusOr<size_t> Count(int result) {
    if (result > 0) return static_cast<size_t>(result);
    RETURN_IF_ERROR(Blocked(result).status());
    return 0;
  }

  // What a call that did not succeed waits for: true to write, false to read.
  absl::StatusOr<bool> Blocked(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return false;
    if (error == SSL_ERROR_WANT_WRITE) return true;
    if (error == SSL_ERROR_ZERO_RETURN) return absl::UnavailableError("the server closed the connection");
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
      return absl::UnavailableError(fmt::format("TLS: certificate: {}", X509_verify_cert_error_string(verified)));
    }
    const unsigned long code = ERR_get_error();
    if (code == 0) return absl::UnavailableError("the server closed the connection");
    const char* const reason = ERR_reason_error_string(code);
    return absl::UnavailableError(fmt::format("TLS: {}", reason ? reason : "failed"));
  }

  std::unique_ptr<Socket> socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

class TlsContextImpl final : public TlsContext {
 public:
  explicit TlsContextImpl(std::string server_name) : server_name_(std::move(server_name)) {
    context_.set_verify_mode(asio::ssl::verify_peer);
    SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context_.native_handle(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context_.native_handle(), 1);
  }

  absl::Status Load(const std::string& ca_file) {
    boost::system::error_code error;
    if (ca_file.empty()) {
      context_.set_default_verify_paths(error);
    } else {
      context_.load_verify_file(ca_file, error);
    }
    if (!error) return absl::OkStatus();
    return absl::InvalidArgumentError(fmt::format("certificates of {}: {}", ca_file, error.message()));
  }

  absl::StatusOr<std::unique_ptr<Socket>> Wrap(std::unique_ptr<Socket> socket, const std::string& host,
                                               Deadline deadline, int stop_fd) const override {
    SSL* const ssl = SSL_new(context_.native_handle());
    if (ssl == nullptr) return absl::UnavailableError("TLS: out of memory");
    auto wrapped = std::make_unique<TlsSocket>(std::move(socket), ssl);
    RETURN_IF_ERROR(wrapped->SetHost(server_name_.empty() ? host : server_name_));
    RETURN_IF_ERROR(wrapped->Handshake(deadline, stop_fd));
    return wrapped;
  }

 private:
  const std::string server_name_;
  mutable asio::ssl::context context_{asio::ssl::context::tls_client};
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const Tls& tls) {
  auto context = std::make_unique<TlsContextImpl>(tls.server_name);
  RETURN_IF_ERROR(context->Load(tls.ca_file));
  return context;
}

}  // namespace smallbiznis::redis
