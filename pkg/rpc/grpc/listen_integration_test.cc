// Where a server listens, and what it says when it cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "pkg/rpc/grpc/testing.h"

namespace smallbiznis::rpc::grpc {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ListenTest : public ::testing::Test {
 protected:
  ListenTest() {
    std::string name = ::testing::TempDir() + "sb-grpc-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ListenTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // A key and a certificate for localhost, signed by itself: "<name>.key" and "<name>.pem".
  void MakeCertificate(const std::string& name) const {
    const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj " +
                                std::string("/CN=localhost -addext subjectAltName=DNS:localhost -keyout ") +
                                Path(name + ".key") + " -out " + Path(name + ".pem") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  void WriteFile(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
  }
  std::string ReadFile(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::string ErrorOf(ServerOptions options) {
    TestServer server(std::move(options));
    const absl::Status started = server.Start();
    return std::string(started.message());
  }
  static ::grpc::Status Echo(const std::shared_ptr<::grpc::Channel>& channel) {
    return PendingCall(channel, kEcho, "", [](::grpc::ClientContext& context) { context.set_wait_for_ready(true); })
        .Get()
        .status;
  }

  std::string folder_;
};

TEST_F(ListenTest, PicksAFreePortWhenAskedForPortZero) {
  TestServer one, other;
  ASSERT_TRUE(one.Start().ok());
  ASSERT_TRUE(other.Start().ok());
  EXPECT_GT(one.server().port(), 0);
  EXPECT_NE(one.server().port(), other.server().port());
}

TEST_F(ListenTest, ListensOnEveryInterfaceAndByName) {
  for (const char* addr : {":0", "localhost:0", "0.0.0.0:0"}) {
    TestServer server({.addr = addr});
    ASSERT_TRUE(server.Start().ok()) << addr;
    EXPECT_TRUE(Echo(server.Connect()).ok()) << addr;
  }
}

TEST_F(ListenTest, TwoServersCannotShareAPort) {
  TestServer first;
  ASSERT_TRUE(first.Start().ok());
  const std::string addr = "127.0.0.1:" + std::to_string(first.server().port());
  EXPECT_EQ(ErrorOf({.addr = addr}), "cannot listen on GRPC_SERVER.ADDR " + addr + ": Address already in use");
}

TEST_F(ListenTest, NamesTheKeyOfAnAddressThatCannotBe) {
  EXPECT_EQ(ErrorOf({.addr = "192.0.2.1:0"}),
            "cannot listen on GRPC_SERVER.ADDR 192.0.2.1:0: Cannot assign requested address");
  EXPECT_THAT(ErrorOf({.addr = "no-such-host.invalid:0"}), HasSubstr("GRPC_SERVER.ADDR no-such-host.invalid:0: "));
  for (const char* addr :
       {"9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "::1:0"}) {
    EXPECT_EQ(ErrorOf({.addr = addr}), std::string("GRPC_SERVER.ADDR \"") + addr + "\" is not host:port");
  }
  EXPECT_THAT(ErrorOf({.addr = ""}), AllOf(HasSubstr("GRPC_SERVER.ADDR"), HasSubstr("GRPC_SERVER.UNIX_SOCKET")));
}

TEST_F(ListenTest, ListensOnAUnixSocketToo) {
  TestServer server({.addr = "127.0.0.1:0", .unix_socket = Path("s")});
  ASSERT_TRUE(server.Start().ok());
  EXPECT_TRUE(Echo(TestServer::Connect("unix:" + Path("s"))).ok());
  EXPECT_TRUE(Echo(server.Connect()).ok());
  EXPECT_EQ(server.api().infos().at(0).peer, "unix");

  EXPECT_EQ(ErrorOf({.addr = "", .unix_socket = Path("s")}),
            "cannot listen on GRPC_SERVER.UNIX_SOCKET " + Path("s") + ": Address already in use");
}

TEST_F(ListenTest, TakesOverTheSocketFileOfAServerThatDied) {
  ASSERT_EQ(
      std::system(("python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('" + Path("s") + "')\"").c_str()),
      0);
  ASSERT_TRUE(std::filesystem::is_socket(Path("s")));
  TestServer server({.addr = "", .unix_socket = Path("s")});
  ASSERT_TRUE(server.Start().ok());
  EXPECT_TRUE(Echo(TestServer::Connect("unix:" + Path("s"))).ok());
}

TEST_F(ListenTest, NamesTheKeyOfASocketThatCannotBe) {
  WriteFile("file", "precious");
  EXPECT_THAT(ErrorOf({.addr = "", .unix_socket = Path("file")}),
              AllOf(HasSubstr("GRPC_SERVER.UNIX_SOCKET"), HasSubstr("not a socket")));
  EXPECT_EQ(ReadFile("file"), "precious");
  EXPECT_THAT(ErrorOf({.addr = "", .unix_socket = Path("no/folder")}), HasSubstr("No such file or directory"));
  EXPECT_THAT(ErrorOf({.addr = "", .unix_socket = Path(std::string(200, 'x'))}), HasSubstr("longer than 107 bytes"));
}

TEST_F(ListenTest, SpeaksTlsWithItsCertificateAndNothingElseThere) {
  MakeCertificate("own");
  TestServer server({.addr = "127.0.0.1:0", .tls_cert_path = Path("own.pem"), .tls_key_path = Path("own.key")});
  ASSERT_TRUE(server.Start().ok());
  const std::string target = "localhost:" + std::to_string(server.server().port());
  ::grpc::SslCredentialsOptions trusting;
  trusting.pem_root_certs = ReadFile("own.pem");
  EXPECT_TRUE(Echo(TestServer::Connect(target, ::grpc::SslCredentials(trusting))).ok());
  EXPECT_FALSE(PendingCall(TestServer::Connect(target), kEcho, "").Get().status.ok());
}

TEST_F(ListenTest, NamesTheTlsKeyThatIsWrong) {
  MakeCertificate("own");
  MakeCertificate("other");
  WriteFile("junk", "not PEM");
  WriteFile("empty", "");
  const auto error = [this](const std::string& cert, const std::string& key) {
    return ErrorOf({.addr = "127.0.0.1:0",
                    .tls_cert_path = cert.empty() ? "" : Path(cert),
                    .tls_key_path = key.empty() ? "" : Path(key)});
  };
  EXPECT_EQ(error("gone.pem", "own.key"),
            "cannot read TLS.CERT_PATH " + Path("gone.pem") + ": No such file or directory");
  EXPECT_EQ(error("own.pem", "gone.key"),
            "cannot read TLS.KEY_PATH " + Path("gone.key") + ": No such file or directory");
  EXPECT_THAT(error("empty", "own.key"), HasSubstr("TLS.CERT_PATH " + Path("empty") + ": nothing in it"));
  EXPECT_EQ(error("junk", "own.key"), "TLS.CERT_PATH " + Path("junk") + " is not a PEM certificate");
  EXPECT_THAT(error("own.pem", "junk"), HasSubstr("TLS.KEY_PATH " + Path("junk") + " is not a PEM private key"));
  EXPECT_THAT(error("own.pem", "other.key"), HasSubstr("is not the key of TLS.CERT_PATH " + Path("own.pem")));
  EXPECT_EQ(error("own.pem", ""), "TLS needs both TLS.CERT_PATH and TLS.KEY_PATH");
  EXPECT_EQ(error("", "own.key"), "TLS needs both TLS.CERT_PATH and TLS.KEY_PATH");
}

}  // namespace
}  // namespace smallbiznis::rpc::grpc
