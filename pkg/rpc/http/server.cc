#include "pkg/rpc/http/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "pkg/rpc/http/connection.h"
#include "pkg/rpc/http/core.h"
#include "pkg/rpc/http/io/bind.h"
#include "pkg/rpc/http/io/tls.h"
#include "pkg/rpc/http/listener.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::http {
namespace {

// Time-outs need not be exact: one look at every connection, often enough for the shortest of them.
absl::Duration SweepPeriod(const ServerOptions& options) {
  const absl::Duration shortest = std::min({options.read_timeout, options.write_timeout, options.idle_timeout});
  return std::clamp(shortest / 4, absl::Milliseconds(5), absl::Milliseconds(250));
}

// A socket file that goes with its owner, unless another server has put its own in its place.
class SocketFile {
 public:
  explicit SocketFile(std::string path) : path_(std::move(path)) {
    struct stat file = {};
    if (lstat(path_.c_str(), &file) == 0) inode_ = file.st_ino;
  }
  ~SocketFile() {
    struct stat file = {};
    if (lstat(path_.c_str(), &file) == 0 && file.st_ino == inode_) unlink(path_.c_str());
  }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  const std::string path_;
  ino_t inode_ = 0;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler)
      : core_(std::make_shared<Core>(std::move(options), std::move(handler))) {}

  ~Impl() {
    StopAccepting();
    for (const auto& connection : core_->connections.All()) connection->Close();
    core_->poller.Stop();
    core_->handler = nullptr;
  }

  absl::Status Start() {
    const std::lock_guard lock(mutex_);
    if (started_ || core_->draining) return absl::FailedPreconditionError("an HTTP server can be started only once");
    std::shared_ptr<const TlsContext> tls;
    const ServerOptions& options = core_->options;
    if (!options.tls_cert_path.empty() || !options.tls_key_path.empty()) {
      ASSIGN_OR_RETURN(tls, TlsContext::Load(options.tls_cert_path, options.tls_key_path));
    }
    ASSIGN_OR_RETURN(const BoundSocket tcp, BindTcp(options.addr));
    auto tcp_listener = std::make_shared<Listener>(core_, tcp.fd, std::move(tls));
    if (!options.unix_socket.empty()) {
      absl::StatusOr<BoundSocket> socket = BindUnix(options.unix_socket);
      if (!socket.ok()) return tcp_listener->Close(), socket.status();
      listeners_.push_back(std::make_shared<Listener>(core_, socket->fd, nullptr));
      socket_file_ = std::make_unique<SocketFile>(options.unix_socket);
    }
    listeners_.push_back(std::move(tcp_listener));
    port_ = tcp.port;
    started_ = true;
    for (const auto& listener : listeners_) listener->Start();
    core_->poller.Every(SweepPeriod(options), [this] { Sweep(); });
    core_->poller.Start(std::max(1, options.threads));
    return absl::OkStatus();
  }

  void Drain(absl::Duration limit) {
    StopAccepting();
    for (const auto& connection : core_->connections.All()) core_->poller.Wake(connection);
    core_->connections.WaitUntilEmpty(absl::ToChronoNanoseconds(limit));
  }

  int port() const {
    const std::lock_guard lock(mutex_);
    return port_;
  }
  int connections() const { return core_->connections.open(); }

 private:
  void StopAccepting() {
    core_->draining = true;
    const std::lock_guard lock(mutex_);
    for (const auto& listener : listeners_) listener->Close();
    listeners_.clear();
    socket_file_.reset();
  }

  void Sweep() {
    for (const auto& connection : core_->connections.Expired(std::chrono::steady_clock::now())) {
      connection->OnDeadline();
    }
    const std::lock_guard lock(mutex_);
    for (const auto& listener : listeners_) listener->Resume();
  }

  const std::shared_ptr<Core> core_;
  mutable std::mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  int port_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::shared_ptr<Listener>> listeners_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<SocketFile> socket_file_ ABSL_GUARDED_BY(mutex_);
};

Server::Server(ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
Server::~Server() = default;
absl::Status Server::Start() {
  return impl_->Start();
}
void Server::Drain(absl::Duration limit) {
  impl_->Drain(limit);
}
int Server::port() const {
  return impl_->port();
}
int Server::connections() const {
  return impl_->connections();
}

}  // namespace smallbiznis::rpc::http
