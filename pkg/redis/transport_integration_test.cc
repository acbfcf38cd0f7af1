// The ways in: TLS, Unix sockets, users.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "pkg/redis/client.h"
#include "pkg/redis/error.h"
#include "pkg/redis/subscriber.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;

// A certificate authority of the test's own, and a server's certificate for localhost and 127.0.0.1.
class Certificates {
 public:
  Certificates() {
    std::ofstream(Path("names")) << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
    made_ =
        RunProgram({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test CA",
                    "-keyout", Path("ca.key"), "-out", Path("ca.crt")}) &&
        RunProgram({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout",
                    Path("server.key"), "-out", Path("server.csr")}) &&
        RunProgram({"openssl", "x509", "-req", "-days", "2", "-in", Path("server.csr"), "-CA", Path("ca.crt"), "-CAkey",
                    Path("ca.key"), "-CAcreateserial", "-extfile", Path("names"), "-out", Path("server.crt")});
  }
  bool made() const { return made_; }
  std::string Path(std::string_view name) const { return fmt::format("{}/{}", folder_.path(), name); }

 private:
  const TempFolder folder_;
  bool made_ = false;
};

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    certificates = new Certificates;
    ASSERT_TRUE(certificates->made());
    tls_port = FreePort();
    server = new TestServer({"--tls-port", std::to_string(tls_port), "--tls-cert-file",
                             certificates->Path("server.crt"), "--tls-key-file", certificates->Path("server.key"),
                             "--tls-ca-cert-file", certificates->Path("ca.crt"), "--tls-auth-clients", "no"});
  }
  static void TearDownTestSuite() {
    delete server;
    delete certificates;
  }
  Options TlsOptions() const {
    return {.endpoints = {{.host = "127.0.0.1", .port = tls_port}},
            .tls = {.enable = true, .ca_file = certificates->Path("ca.crt")}};
  }

  static Certificates* certificates;
  static TestServer* server;
  static int tls_port;
};
Certificates* TlsTest::certificates = nullptr;
TestServer* TlsTest::server = nullptr;
int TlsTest::tls_port = 0;

TEST_F(TlsTest, CarriesCallsOfEverySize) {
  Client client(TlsOptions());
  ASSERT_EQ(client.Do(Command("SET").Key("k").Arg("v")).status(), absl::OkStatus());
  EXPECT_EQ(*client.Do(Command("GET").Key("k")), Reply::Bulk("v"));
  std::string value(16 << 20, 'x');
  for (size_t i = 0; i < value.size(); i += 991) value[i] = static_cast<char>(i);
  ASSERT_EQ(client.Do(Command("SET").Key("large").Arg(value), absl::Seconds(30)).status(), absl::OkStatus());
  const auto reply = client.Do(Command("GET").Key("large"), absl::Seconds(30));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(*reply->AsText() == value);
}

TEST_F(TlsTest, PipelineLargerThanAllBuffersDoesNotStall) {
  Client client(TlsOptions());
  const std::string value(1 << 20, 'v');
  const std::vector<Command> commands(24, Command("ECHO").Arg(value));
  for (const auto& result : client.Pipeline(commands, absl::Seconds(60))) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->AsText()->size(), value.size());
  }
}

TEST_F(TlsTest, ServesManyThreadsAndComesBackWhenKilled) {
  Client client(TlsOptions());
  std::atomic<int> wrong = 0;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = fmt::format("{}:{}", t, i);
        const auto reply = client.Do(Command("ECHO").Arg(text), absl::Seconds(20));
        if (reply.ok()) {
          ++(*reply == Reply::Bulk(text) ? right : wrong);
        } else {
          wrong += status::Reason(reply.status()) != kReplyLost;
        }
      }
    });
  }
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(Eventually([&] { return right > i * 100; }));
    server->Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("normal"));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(right, 1000);
}

TEST_F(TlsTest, TheNameInTheCertificateIsThatOfTheHostOrTheOneGiven) {
  Options options = TlsOptions();
  options.endpoints[0].host = "localhost";
  EXPECT_EQ(Client(options).Do(Command("PING")).status(), absl::OkStatus());
  options.tls.server_name = "127.0.0.1";
  EXPECT_EQ(Client(options).Do(Command("PING")).status(), absl::OkStatus());
  options.tls.server_name = "redis.example.com";
  const absl::Status error = Client(options).Do(Command("PING"), absl::Milliseconds(1500)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("hostname mismatch"));
}

TEST_F(TlsTest, RefusesACertificateOfAnUnknownAuthority) {
  Options options = TlsOptions();
  options.tls.ca_file.clear();  // the system's
  const absl::Status error = Client(options).Do(Command("PING"), absl::Milliseconds(1500)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("certificate"));
}

TEST_F(TlsTest, ACaFileThatIsNoneIsSaidAtOnce) {
  Options options = TlsOptions();
  options.tls.ca_file = "/nowhere/ca.crt";
  const absl::Status error = Client(options).Do(Command("PING"), absl::Seconds(60)).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(error.message()), HasSubstr("/nowhere/ca.crt"));
}

TEST_F(TlsTest, APlainServerIsNoTlsServer) {
  Options options = TlsOptions();
  options.endpoints[0].port = server->port();
  const absl::Status error = Client(options).Do(Command("PING"), absl::Milliseconds(1500)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable) << error;
}

TEST(UnixSocketTest, CarriesCalls) {
  TempFolder folder;
  TestServer server({"--unixsocket", folder.path() + "/redis.sock"}, "secret");
  const std::string address = fmt::format("redis-socket://:secret@{}/redis.sock?db=2", folder.path());
  Client client(*ParseAddress(address));
  ASSERT_EQ(client.Do(Command("SET").Key("k").Arg("v")).status(), absl::OkStatus());
  EXPECT_EQ(*client.Do(Command("GET").Key("k")), Reply::Bulk("v"));
  server.Kill();
  const absl::Status error = client.Do(Command("GET").Key("k"), absl::Milliseconds(100)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr(folder.path() + "/redis.sock"));
}

TEST(UserTest, AUserMayDoWhatItsRulesSay) {
  TestServer server;
  server.Call(Command("ACL").Arg("SETUSER").Arg("ann").Arg("on").Arg(">secret").Arg("~own:*").Arg("+get").Arg("+set"));
  Options options = *ParseAddress(fmt::format("redis://ann:secret@{}", server.address()));
  options.client_name = "not-allowed";  // nor PING: neither keeps her out
  Client client(options);
  EXPECT_EQ(client.Do(Command("SET").Key("own:k").Arg("v")).status(), absl::OkStatus());
  for (const Command& command : {Command("SET").Key("k").Arg("v"), Command("DEL").Key("own:k")}) {
    const absl::Status error = client.Do(command).status();
    EXPECT_EQ(error.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(status::Reason(error), kPermission);
  }
}

}  // namespace
}  // namespace smallbiznis::redis
