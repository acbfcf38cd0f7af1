#include "pkg/db/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "pkg/db/fatal.h"

namespace smallbiznis::db {
namespace {

sockaddr_in Address(const std::string& host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) Fatal("the proxy wants an IPv4 address");
  return address;
}

void NoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool SendAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(std::string host, int port) : host_(std::move(host)), server_port_(port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address = Address("127.0.0.1", 0);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Fatal("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Loop(); });
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
  Cut();
  close(listener_);
  close(wake_);
}

int TcpProxy::round_trips() const {
  const std::lock_guard lock(mutex_);
  return round_trips_;
}

void TcpProxy::Cut() {
  const std::lock_guard lock(mutex_);
  for (Link& link : links_) {
    shutdown(link.client, SHUT_RDWR);
    shutdown(link.server, SHUT_RDWR);
    close(link.client);
    close(link.server);
  }
  links_.clear();
  Wake();
}

void TcpProxy::CutOnAnswerTo(std::string_view text) {
  const std::lock_guard lock(mutex_);
  cut_on_ = text;
}

void TcpProxy::Freeze() {
  const std::lock_guard lock(mutex_);
  frozen_ = true;
  Wake();
}

void TcpProxy::Thaw() {
  const std::lock_guard lock(mutex_);
  frozen_ = false;
  Wake();
}

void TcpProxy::Wake() const {
  eventfd_write(wake_, 1);
}

void TcpProxy::Loop() {
  while (true) {
    std::vector<pollfd> fds = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (frozen_) {
        fds.pop_back();
      } else {
        for (const Link& link : links_) {
          fds.push_back({link.client, POLLIN, 0});
          fds.push_back({link.server, POLLIN, 0});
        }
      }
    }
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) {
      // Something has changed: look again before anything is passed on.
      eventfd_t count;
      eventfd_read(wake_, &count);
      continue;
    }
    const std::lock_guard lock(mutex_);
    size_t at = 2;
    for (Link& link : links_) {
      if (at + 1 >= fds.size() || fds[at].fd != link.client) break;
      if (fds[at].revents != 0) Pass(link, true);
      if (fds[at + 1].revents != 0 && !link.closed) Pass(link, false);
      at += 2;
    }
    links_.remove_if([](const Link& link) { return link.closed; });
    if (fds[1].revents != 0) Accept();
  }
}

void TcpProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Address(host_, server_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(client);
    close(server);
    return;
  }
  NoDelay(client);
  NoDelay(server);
  links_.push_back({client, server});
}

void TcpProxy::Pass(Link& link, bool from_client) {
  char buffer[65536];
  const ssize_t size = recv(from_client ? link.client : link.server, buffer, sizeof(buffer), 0);
  const std::string_view data(buffer, size > 0 ? static_cast<size_t>(size) : 0);
  if (from_client && link.answered && !data.empty()) ++round_trips_;
  if (!data.empty()) link.answered = !from_client;
  if (from_client && !cut_on_.empty() && data.find(cut_on_) != std::string_view::npos) {
    link.doomed = true;
    cut_on_.clear();
  }
  const bool cut = !from_client && link.doomed;
  if (!data.empty() && !cut && SendAll(from_client ? link.server : link.client, data)) return;
  link.closed = true;
  close(link.client);
  close(link.server);
}

}  // namespace smallbiznis::db
