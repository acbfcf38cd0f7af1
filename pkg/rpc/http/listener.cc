#include "pkg/rpc/http/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "pkg/rpc/http/connection.h"

namespace smallbiznis::rpc::http {
namespace {

std::string PeerText(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return fmt::format("{}:{}", text, ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const uint16_t port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof(text));
      return fmt::format("{}:{}", text, port);
    }
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return fmt::format("[{}]:{}", text, port);
  }
  return "unix";
}

}  // namespace

Listener::Listener(std::shared_ptr<Core> core, int fd, std::shared_ptr<const TlsContext> tls)
    : core_(std::move(core)), tls_(std::move(tls)), watch_(core_->poller.Add(fd)) {}

void Listener::Start() {
  OnReady(Event::kWoken);
}

void Listener::OnReady(Event) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  AcceptAll();
  if (!paused_) watch_->WaitReadable(shared_from_this());
}

void Listener::Resume() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(paused_, false)) return;
  }
  OnReady(Event::kWoken);
}

void Listener::Close() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return;
  AcceptAll();
  watch_->Close();
}

void Listener::AcceptAll() {
  while (true) {
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    const int fd = accept4(watch_->fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Serve(fd, PeerText(address));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM || errno == EBADF) {
      paused_ = true;  // waiting for readability would come back at once
      return;
    }  // else that one connection has failed already
  }
}

void Listener::Serve(int fd, std::string peer) {
  if (peer != "unix") {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  auto connection = std::make_shared<Connection>(core_, core_->poller.Add(fd),
                                                 tls_ != nullptr ? tls_->Accept(fd) : PlainTransport(fd),
                                                 Connection::Peer{std::move(peer), tls_ != nullptr});
  switch (core_->connections.Add(connection)) {
    case Connections::Admission::kServe:
      return connection->Start();
    case Connections::Admission::kRefuse:
      return connection->StartRefusing();
    case Connections::Admission::kDrop:
      return;
  }
}

}  // namespace smallbiznis::rpc::http
