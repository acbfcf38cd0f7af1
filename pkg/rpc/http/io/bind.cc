#include "pkg/rpc/http/io/bind.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "pkg/rpc/http/io/system_error.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::http {
namespace {

constexpr int kBacklog = 1024;
constexpr std::string_view kAddrKey = "HTTP_SERVER.ADDR";
constexpr std::string_view kUnixKey = "HTTP_SERVER.UNIX_SOCKET";

std::string Message(std::string_view key, std::string_view where, std::string_view reason) {
  return fmt::format("cannot listen on {} {}: {}", key, where, reason);
}

struct HostPort {
  std::string host;  // empty: every interface
  uint16_t port = 0;
};

std::optional<HostPort> ParseAddr(std::string_view addr) {
  const size_t colon = addr.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = addr.substr(0, colon);
  const std::string_view port = addr.substr(colon + 1);
  uint32_t number = 0;
  if (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (!absl::SimpleAtoi(text::ToAbsl(port), &number) || number > 65535) return std::nullopt;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  return HostPort{std::string(host), static_cast<uint16_t>(number)};
}

// A listening socket, or -1 with errno.
int Listen(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  if (family != AF_UNIX) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (bind(fd, address, size) == 0 && listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int BoundPort(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const bool v6 = address.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                  : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

std::string TcpReason(int error, uint16_t port) {
  std::string reason = ErrorText(error);
  if (error == EACCES && port != 0 && port < 1024) reason += " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
  return reason;
}

// Every interface is [::], which takes IPv4 too; where there is no IPv6, 0.0.0.0.
int ListenEverywhere(uint16_t port) {
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const int fd = Listen(AF_INET6, reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
  if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)) return fd;
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  return Listen(AF_INET, reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
}

bool SomebodyListens(const sockaddr_un& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  const bool refused =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 && errno == ECONNREFUSED;
  close(fd);
  return !refused;
}

}  // namespace

absl::StatusOr<BoundSocket> BindTcp(const std::string& addr) {
  const std::optional<HostPort> parsed = ParseAddr(addr);
  if (!parsed) {
    return absl::InvalidArgumentError(Message(kAddrKey, addr, "not an address; write host:port, like 127.0.0.1:8080"));
  }
  if (parsed->host.empty()) {
    const int fd = ListenEverywhere(parsed->port);
    if (fd < 0) return absl::FailedPreconditionError(Message(kAddrKey, addr, TcpReason(errno, parsed->port)));
    return BoundSocket{fd, BoundPort(fd)};
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found);
  if (failed != 0) return absl::InvalidArgumentError(Message(kAddrKey, addr, gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int fd = Listen(each->ai_family, each->ai_addr, each->ai_addrlen);
    if (fd >= 0) return BoundSocket{fd, BoundPort(fd)};
    if (error == 0) error = errno;
  }
  return absl::FailedPreconditionError(Message(kAddrKey, addr, TcpReason(error, parsed->port)));
}

absl::StatusOr<BoundSocket> BindUnix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const auto fail = [&path](std::string_view reason) {
    return absl::FailedPreconditionError(Message(kUnixKey, path, reason));
  };
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(fmt::format("the path is longer than {} bytes", sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat file = {};
  if (lstat(path.c_str(), &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) return fail("a file that is no socket is in the way");
    if (SomebodyListens(address)) return fail(ErrorText(EADDRINUSE));
    unlink(path.c_str());
  }
  const int fd = Listen(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (fd < 0) return fail(ErrorText(errno));
  return BoundSocket{fd, 0};
}

}  // namespace smallbiznis::rpc::http
