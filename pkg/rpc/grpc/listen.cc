#include "pkg/rpc/grpc/listen.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::grpc {
namespace {

// A socket that is closed at the end of its scope.
class Probe {
 public:
  explicit Probe(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Probe() {
    if (fd_ >= 0) ::close(fd_);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // 0 or errno.
  int Listen(const sockaddr* address, socklen_t size) const {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));  // as gRPC: a port in TIME_WAIT is free
    return ::bind(fd_, address, size) == 0 && ::listen(fd_, 1) == 0 ? 0 : errno;
  }
  int Connect(const sockaddr* address, socklen_t size) const { return ::connect(fd_, address, size) == 0 ? 0 : errno; }

 private:
  const int fd_;
};

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

absl::Status CannotListen(std::string_view key, std::string_view where, std::string_view why) {
  return absl::UnavailableError(fmt::format("cannot listen on GRPC_SERVER.{} {}: {}", key, where, why));
}

struct HostPort {
  std::string host;  // without brackets
  std::string port;
};

absl::StatusOr<HostPort> Split(std::string_view addr) {
  const auto malformed = [addr] {
    return absl::InvalidArgumentError(fmt::format("GRPC_SERVER.ADDR \"{}\" is not host:port", addr));
  };
  const size_t colon = addr.rfind(':');
  if (colon == std::string_view::npos) return malformed();
  std::string_view host = addr.substr(0, colon);
  const std::string_view port = addr.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed();
  }
  int number = 0;
  if (!absl::SimpleAtoi(text::ToAbsl(port), &number) || number < 0 || number > 65535) return malformed();
  return HostPort{std::string(host), std::to_string(number)};
}

// OK when one of the addresses that `host` stands for can be listened on.
absl::Status TryListen(std::string_view addr, const HostPort& at) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(at.host.empty() ? nullptr : at.host.c_str(), at.port.c_str(), &hints, &found);
  if (error != 0) return CannotListen("ADDR", addr, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  int first_error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int failure = Probe(each->ai_family).Listen(each->ai_addr, each->ai_addrlen);
    if (failure == 0) return absl::OkStatus();
    if (first_error == 0) first_error = failure;
  }
  return CannotListen("ADDR", addr, ErrorText(first_error));
}

}  // namespace

absl::StatusOr<std::string> CheckTcpAddress(std::string_view addr) {
  ASSIGN_OR_RETURN(const HostPort at, Split(addr));
  RETURN_IF_ERROR(TryListen(addr, at));
  if (at.host.empty()) return "[::]:" + at.port;
  return at.host.find(':') == std::string::npos ? at.host + ":" + at.port : fmt::format("[{}]:{}", at.host, at.port);
}

absl::StatusOr<std::string> CheckUnixSocket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return CannotListen("UNIX_SOCKET", path, fmt::format("longer than {} bytes", sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);

  struct stat file {};
  if (::lstat(path.c_str(), &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) return CannotListen("UNIX_SOCKET", path, "the file exists and is not a socket");
    if (Probe(AF_UNIX).Connect(generic, sizeof(address)) == 0) {
      return CannotListen("UNIX_SOCKET", path, ErrorText(EADDRINUSE));
    }
    ::unlink(path.c_str());
  }
  if (const int error = Probe(AF_UNIX).Listen(generic, sizeof(address)); error != 0) {
    return CannotListen("UNIX_SOCKET", path, ErrorText(error));
  }
  ::unlink(path.c_str());
  return "unix:" + path;
}

}  // namespace smallbiznis::rpc::grpc
