// A raw HTTP client and a server under test. Everything waits at most ten seconds.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/rpc/http/server.h"

namespace smallbiznis::rpc::http::testing {

inline constexpr int kPatienceMs = 10'000;

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last value of each
  std::string body;
};

// One connection, without TLS.
class Client {
 public:
  explicit Client(int port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }

  bool connected() const { return connected_; }

  // False when the server has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  // The next answer; nullopt when the stream ends before it is whole, or nothing comes.
  std::optional<Reply> Read(bool to_head = false) {
    size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return std::nullopt;
    }
    Reply reply = ParseHead(input_.substr(0, end));
    input_.erase(0, end + 4);
    const auto length = reply.headers.find("content-length");
    if (to_head || length == reply.headers.end()) return reply;
    const auto size = static_cast<size_t>(Number(length->second));
    while (input_.size() < size) {
      if (!Fill()) return std::nullopt;
    }
    reply.body = input_.substr(0, size);
    input_.erase(0, size);
    return reply;
  }

  std::optional<Reply> Ask(std::string_view request) { return Send(request) ? Read() : std::nullopt; }

  // True when the server closes without another byte.
  bool Ends() { return input_.empty() && !Fill() && ended_; }

  // Resets the connection instead of closing it.
  void Abort() {
    const linger now = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(std::exchange(fd_, -1));
  }

 private:
  static int Number(const std::string& text) {
    int number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(text, &number)) << text;
    return number;
  }

  static Reply ParseHead(const std::string& head) {
    Reply reply;
    size_t begin = head.find("\r\n");
    reply.status = Number(head.substr(head.find(' ') + 1, 3));
    while (begin != std::string::npos) {
      begin += 2;
      const size_t end = head.find("\r\n", begin);
      const std::string line = head.substr(begin, end == std::string::npos ? end : end - begin);
      const size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (colon != std::string::npos) reply.headers[name] = line.substr(colon + 2);
      begin = end;
    }
    return reply;
  }

  bool Fill() {
    pollfd waiting = {fd_, POLLIN, 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) return false;
    char buffer[64 * 1024];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) return ended_ = true, false;
    input_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string input_;
};

// False when it takes too long.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

inline ServerOptions OnFreePort() {
  ServerOptions options;
  options.addr = "127.0.0.1:0";
  return options;
}

// Answers with "METHOD target body", on the server's thread.
inline void Echo(Request request, Responder responder) {
  Response response;
  response.headers.Add("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  responder.Send(std::move(response));
}

inline std::unique_ptr<Server> Started(ServerOptions options, Handler handler = Echo) {
  auto server = std::make_unique<Server>(std::move(options), std::move(handler));
  const absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
  return server;
}

// Keeps the requests until the test answers them.
class Desk {
 public:
  Handler handler() {
    return [this](Request request, Responder responder) {
      const std::lock_guard lock(mutex_);
      open_.emplace_back(std::move(request), std::move(responder));
    };
  }

  int size() {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(open_.size());
  }

  // Waits for the oldest.
  std::pair<Request, Responder> Take() {
    EXPECT_TRUE(Eventually([this] { return size() > 0; }));
    const std::lock_guard lock(mutex_);
    auto taken = std::move(open_.front());
    open_.erase(open_.begin());
    return taken;
  }

 private:
  std::mutex mutex_;
  std::list<std::pair<Request, Responder>> open_;
};

// A folder that goes with its owner.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/rpc_http_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace smallbiznis::rpc::http::testing
