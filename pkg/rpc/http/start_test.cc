// Where it listens, and what it says when it cannot.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using testing::Client;
using testing::Echo;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::OnFreePort;
using testing::Started;
using testing::TempFolder;

constexpr char kPing[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::string StartError(ServerOptions options) {
  Server server(std::move(options), Echo);
  return std::string(server.Start().message());
}

std::string StartErrorAt(std::string addr) {
  ServerOptions options;
  options.addr = std::move(addr);
  return StartError(options);
}

TEST(StartTest, ListensOnEveryInterface) {
  for (const char* const addr : {":0", "0.0.0.0:0", "localhost:0", "127.0.0.1:0"}) {
    SCOPED_TRACE(addr);
    ServerOptions options;
    options.addr = addr;
    const auto server = Started(options);
    ASSERT_GT(server->port(), 0);
    if (std::string_view(addr) == "localhost:0") continue;  // may be ::1
    EXPECT_EQ(Client(server->port()).Ask(kPing)->status, 200);
  }
}

TEST(StartTest, NamesTheKeyOfAnAddressThatIsNone) {
  for (const char* const addr :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:80", "[]:80", "127.0.0.1:-1"}) {
    SCOPED_TRACE(addr);
    EXPECT_EQ(StartErrorAt(addr), fmt::format("cannot listen on HTTP_SERVER.ADDR {}: not an address; write host:port, "
                                              "like 127.0.0.1:8080",
                                              addr));
  }
  EXPECT_THAT(StartErrorAt("no-such-host.invalid:80"),
              HasSubstr("cannot listen on HTTP_SERVER.ADDR no-such-host.invalid:80: "));
  // TEST-NET-1 is nobody's address.
  EXPECT_EQ(StartErrorAt("192.0.2.1:8080"),
            "cannot listen on HTTP_SERVER.ADDR 192.0.2.1:8080: cannot assign requested address");
}

TEST(StartTest, SaysThatThePortIsTaken) {
  const auto server = Started(OnFreePort());
  const std::string addr = fmt::format("127.0.0.1:{}", server->port());
  EXPECT_EQ(StartErrorAt(addr), fmt::format("cannot listen on HTTP_SERVER.ADDR {}: address already in use", addr));
}

TEST(StartTest, SaysThatThePortIsPrivileged) {
  // Root may: the child gives its rights up.
  EXPECT_EXIT(
      {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
        fputs(StartErrorAt("127.0.0.1:81").c_str(), stderr);
        _exit(0);
      },
      ::testing::ExitedWithCode(0),
      "cannot listen on HTTP_SERVER.ADDR 127.0.0.1:81: permission denied "
      ".ports below 1024 need root or CAP_NET_BIND_SERVICE.");
}

TEST(StartTest, CanBeStartedOnlyOnce) {
  const auto server = Started(OnFreePort());
  EXPECT_EQ(server->Start().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(StartTest, ListensOnAUnixSocketToo) {
  const TempFolder folder;
  ServerOptions options = OnFreePort();
  options.unix_socket = folder.File("http.sock");
  auto server = Started(options, [](Request request, Responder responder) {
    responder.Send(Response{200, {}, request.peer.substr(0, 4)});
  });
  EXPECT_EQ(Client(options.unix_socket).Ask(kPing)->body, "unix");
  EXPECT_EQ(Client(server->port()).Ask(kPing)->body, "127.");

  EXPECT_EQ(StartError(options),
            fmt::format("cannot listen on HTTP_SERVER.UNIX_SOCKET {}: address already in use", options.unix_socket));
  EXPECT_EQ(Client(options.unix_socket).Ask(kPing)->body, "unix");

  server.reset();
  EXPECT_FALSE(std::filesystem::exists(options.unix_socket));
}

TEST(StartTest, TakesTheSocketFileOfOneWhoIsGone) {
  const TempFolder folder;
  ServerOptions options = OnFreePort();
  options.unix_socket = folder.File("http.sock");
  const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, options.unix_socket.data(), options.unix_socket.size());
  ASSERT_EQ(bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(stale);
  ASSERT_TRUE(std::filesystem::exists(options.unix_socket));
  const auto server = Started(options);
  EXPECT_EQ(Client(options.unix_socket).Ask(kPing)->status, 200);
}

TEST(StartTest, LeavesOtherFilesAlone) {
  const TempFolder folder;
  ServerOptions options = OnFreePort();
  options.unix_socket = folder.File("precious");
  std::ofstream(options.unix_socket) << "data";
  EXPECT_THAT(StartError(options), HasSubstr("HTTP_SERVER.UNIX_SOCKET " + options.unix_socket));
  EXPECT_EQ(std::filesystem::file_size(options.unix_socket), 4u);
  options.unix_socket = folder.File(std::string(200, 'x'));
  EXPECT_THAT(StartError(options), HasSubstr("the path is longer than 107 bytes"));
  options.unix_socket = folder.File("none/http.sock");
  EXPECT_THAT(StartError(options), HasSubstr("no such file or directory"));
}

TEST(StartTest, GoesOnAcceptingAfterDescriptorsRanOut) {
  const auto server = Started(OnFreePort());
  ASSERT_EQ(Client(server->port()).Ask(kPing)->status, 200);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<Client> clients;
  clients.emplace_back(server->port());
  ASSERT_TRUE(Eventually([&] { return server->connections() == 1; }));
  Client waiting(server->port());  // its descriptor first, then none is left for the server's end
  ASSERT_TRUE(Eventually([&] { return server->connections() == 2; }));
  const int next = dup(0);
  close(next);
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  const rlimit none_left = {static_cast<rlim_t>(probe + 1), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(waiting.Ask(kPing)->status, 200);  // the server has seen it, or will after this
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(Eventually([&] { return server->connections() == 3; }));
  close(probe);
}

}  // namespace
}  // namespace smallbiznis::rpc::http
