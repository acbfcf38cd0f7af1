// TLS: a real handshake with OpenSSL's client.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using testing::Echo;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::OnFreePort;
using testing::Started;
using testing::TempFolder;

// Writes a self-signed certificate and its key.
void WriteCertificate(const std::string& cert_path, const std::string& key_path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_sign(cert.get(), key.get(), EVP_sha256());
  const std::unique_ptr<FILE, decltype(&fclose)> cert_file(fopen(cert_path.c_str(), "w"), fclose);
  const std::unique_ptr<FILE, decltype(&fclose)> key_file(fopen(key_path.c_str(), "w"), fclose);
  PEM_write_X509(cert_file.get(), cert.get());
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class TlsClient {
 public:
  explicit TlsClient(int port, std::string_view protocols = {}, int max_version = 0)
      : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)), fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience = {10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    if (!protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    }
    SSL_set_security_level(ssl_, 0);
    if (max_version != 0) SSL_set_max_proto_version(ssl_, max_version);
    SSL_set_fd(ssl_, fd_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    close(fd_);
  }

  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }

  bool Send(std::string_view bytes) { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0; }

  // What comes until the text ends with `end`, or the stream does.
  std::string ReadUntil(std::string_view end) {
    std::string text;
    char buffer[16 * 1024];
    int n;
    while (!text.ends_with(end) && (n = SSL_read(ssl_, buffer, sizeof(buffer))) > 0) {
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }

  // True when the server ends the TLS session in order.
  bool EndsCleanly() {
    char byte;
    return SSL_get_error(ssl_, SSL_read(ssl_, &byte, 1)) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  SSL_CTX* const context_;
  SSL* const ssl_;
  const int fd_;
  bool connected_ = false;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    options_ = OnFreePort();
    options_.tls_cert_path = folder_.File("cert.pem");
    options_.tls_key_path = folder_.File("key.pem");
    WriteCertificate(options_.tls_cert_path, options_.tls_key_path);
  }

  std::string StartError() {
    Server server(options_, Echo);
    return std::string(server.Start().message());
  }

  TempFolder folder_;
  ServerOptions options_;
};

std::string Post(std::string_view body) {
  return fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

TEST_F(TlsTest, ServesAndKeepsTheConnection) {
  const auto server = Started(options_, [](Request request, Responder responder) {
    EXPECT_TRUE(request.tls);
    std::thread([request = std::move(request), responder = std::move(responder)]() mutable {
      Echo(std::move(request), std::move(responder));
    }).detach();
  });
  TlsClient client(server->port());
  ASSERT_TRUE(client.connected());
  for (int i = 0; i < 50; ++i) {
    const std::string body = fmt::format("<{}>", i);
    ASSERT_TRUE(client.Send(Post(body)));
    EXPECT_THAT(client.ReadUntil(body), HasSubstr("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(TlsTest, PipelinedRequestsInOneRecordAreAllAnswered) {
  const auto server = Started(options_, [](Request request, Responder responder) {
    std::thread([request = std::move(request), responder = std::move(responder)]() mutable {
      Echo(std::move(request), std::move(responder));
    }).detach();
  });
  TlsClient client(server->port());
  // Larger than the server's first buffer: some of it stays in OpenSSL's hands.
  std::string burst;
  for (int i = 0; i < 150; ++i) burst += Post(fmt::format("<{}>", i));
  ASSERT_LT(burst.size(), 16u * 1024);
  ASSERT_TRUE(client.Send(burst));
  for (int i = 0; i < 150; ++i) client.ReadUntil(fmt::format("<{}>", i));
}

TEST_F(TlsTest, MovesLargeBodiesBothWays) {
  const auto server = Started(options_);
  TlsClient client(server->port());
  const std::string body = std::string(3 << 20, 'x') + "end";
  ASSERT_TRUE(client.Send(Post(body)));
  EXPECT_GT(client.ReadUntil("end").size(), body.size());
}

TEST_F(TlsTest, SpeaksTls12And13AndNothingOlder) {
  const auto server = Started(options_);
  EXPECT_EQ(TlsClient(server->port()).version(), "TLSv1.3");
  EXPECT_EQ(TlsClient(server->port(), {}, TLS1_2_VERSION).version(), "TLSv1.2");
  EXPECT_FALSE(TlsClient(server->port(), {}, TLS1_1_VERSION).connected());
}

TEST_F(TlsTest, NegotiatesHttp11) {
  const auto server = Started(options_);
  EXPECT_EQ(TlsClient(server->port(), "\x02h2\x08http/1.1").protocol(), "http/1.1");
  EXPECT_FALSE(TlsClient(server->port(), "\x02h2").connected());
}

TEST_F(TlsTest, TheHandshakeIsBounded) {
  options_.read_timeout = absl::Milliseconds(60);
  const auto server = Started(options_);
  testing::Client silent(server->port());
  EXPECT_TRUE(silent.Ends());
  testing::Client plain(server->port());  // and who speaks no TLS does not stay
  ASSERT_TRUE(plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_FALSE(plain.Read());
  EXPECT_TRUE(Eventually([&] { return server->connections() == 0; }));
}

TEST_F(TlsTest, IdleConnectionsEndInOrder) {
  options_.idle_timeout = absl::Milliseconds(60);
  const auto server = Started(options_);
  TlsClient client(server->port());
  ASSERT_TRUE(client.connected());
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(TlsTest, DrainAnswersWhatIsInFlight) {
  testing::Desk desk;
  const auto server = Started(options_, desk.handler());
  auto client = std::make_unique<TlsClient>(server->port());
  ASSERT_TRUE(client->Send(Post("x")));
  auto taken = desk.Take();
  std::thread drain([&] { server->Drain(absl::Seconds(10)); });
  ASSERT_TRUE(Eventually([&] { return !testing::Client(server->port()).connected(); }));
  taken.second.Send(Response{200, {}, "done"});
  EXPECT_THAT(client->ReadUntil("done"), HasSubstr("Connection: close"));
  EXPECT_TRUE(client->EndsCleanly());
  client.reset();
  drain.join();
}

TEST_F(TlsTest, TheUnixSocketStaysPlain) {
  options_.unix_socket = folder_.File("http.sock");
  const auto server = Started(options_);
  EXPECT_EQ(testing::Client(options_.unix_socket).Ask(Post("x"))->status, 200);
  EXPECT_TRUE(TlsClient(server->port()).connected());
}

TEST_F(TlsTest, StartErrorsNameTheKey) {
  const ServerOptions good = options_;
  options_.tls_cert_path = "/nowhere/cert.pem";
  EXPECT_EQ(StartError(), "TLS.CERT_PATH /nowhere/cert.pem: no such file");
  options_ = good;
  options_.tls_key_path = "/nowhere/key.pem";
  EXPECT_EQ(StartError(), "TLS.KEY_PATH /nowhere/key.pem: no such file");
  options_.tls_key_path = "";
  EXPECT_EQ(StartError(), "TLS.KEY_PATH is empty, TLS needs it");
  options_ = good;
  options_.tls_cert_path = "";
  EXPECT_EQ(StartError(), "TLS.CERT_PATH is empty, TLS needs it");

  const std::string junk = folder_.File("junk.pem");
  std::ofstream(junk) << "junk";
  options_ = good;
  options_.tls_cert_path = junk;
  EXPECT_EQ(StartError(), fmt::format("TLS.CERT_PATH {}: not a certificate chain in PEM form", junk));
  options_ = good;
  options_.tls_key_path = junk;
  EXPECT_EQ(StartError(), fmt::format("TLS.KEY_PATH {}: not a private key in PEM form", junk));
  options_.tls_key_path = folder_.File("other.pem");
  WriteCertificate(folder_.File("unused.pem"), options_.tls_key_path);
  EXPECT_EQ(StartError(), fmt::format("TLS.KEY_PATH {}: does not belong to the certificate in TLS.CERT_PATH {}",
                                      options_.tls_key_path, options_.tls_cert_path));
}

}  // namespace
}  // namespace smallbiznis::rpc::http
