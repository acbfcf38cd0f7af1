#include "pkg/db/listener.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>

#include "pkg/db/connect.h"
#include "pkg/db/fatal.h"

namespace smallbiznis::db {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(5);
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

class ListenerImpl final : public Listener {
 public:
  ListenerImpl(PoolOptions options, std::vector<std::string> channels, Callbacks callbacks)
      : options_(std::move(options)),
        channels_(std::move(channels)),
        callbacks_(std::move(callbacks)),
        stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (stop_fd_ < 0) Fatal("no file descriptor left for a listener");
    thread_ = std::thread([this] { Loop(); });
  }

  ~ListenerImpl() override {
    eventfd_write(stop_fd_, 1);
    thread_.join();
    close(stop_fd_);
  }

 private:
  void Loop() {
    absl::Duration pause = kFirstPause;
    do {
      if (const ConnectionHandle connection = Listen()) {
        pause = kFirstPause;
        if (callbacks_.on_listening) callbacks_.on_listening();
        const bool stopped = Deliver(connection.get());
        if (stopped) return;
        if (callbacks_.on_lost) callbacks_.on_lost();
      }
      pause = std::min(pause * 2, kLongestPause);
    } while (WaitFor(-1, false, false, After(pause), stop_fd_) == Wait::kTimeout);
  }

  // A connection on which LISTEN is in force; null when there is none to be had now.
  ConnectionHandle Listen() const {
    const Deadline deadline = After(kConnectTimeout);
    absl::StatusOr<ConnectionHandle> connected = Connect(options_, deadline, stop_fd_);
    if (!connected.ok()) return nullptr;
    PGconn* const connection = connected->get();
    std::string script;
    for (const std::string& channel : channels_) {
      char* const quoted = PQescapeIdentifier(connection, channel.data(), channel.size());
      if (!quoted) return nullptr;
      script += fmt::format("listen {};", quoted);
      PQfreemem(quoted);
    }
    if (PQsendQuery(connection, script.c_str()) != 1) return nullptr;
    bool listening = true;
    while (true) {
      while (PQisBusy(connection) != 0) {
        const int left = PQflush(connection);
        if (left < 0 || WaitFor(PQsocket(connection), true, left == 1, deadline, stop_fd_) != Wait::kReady ||
            PQconsumeInput(connection) != 1) {
          return nullptr;
        }
      }
      PGresult* const result = PQgetResult(connection);
      if (!result) return listening ? *std::move(connected) : nullptr;
      listening = listening && PQresultStatus(result) == PGRES_COMMAND_OK;
      PQclear(result);
    }
  }

  // Hands out notifications until the connection is lost or the listener is to stop; true for the latter.
  bool Deliver(PGconn* connection) const {
    while (true) {
      while (PGnotify* const notify = PQnotifies(connection)) {
        if (callbacks_.on_notify) callbacks_.on_notify(notify->relname, notify->extra);
        PQfreemem(notify);
      }
      switch (WaitFor(PQsocket(connection), true, false, Deadline::max(), stop_fd_)) {
        case Wait::kInterrupted:
          return true;
        case Wait::kTimeout:
        case Wait::kReady:
          if (PQconsumeInput(connection) != 1) return false;
      }
    }
  }

  const PoolOptions options_;
  const std::vector<std::string> channels_;
  const Callbacks callbacks_;
  const int stop_fd_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Listener> Listener::Start(PoolOptions options, std::vector<std::string> channels, Callbacks callbacks) {
  return std::make_unique<ListenerImpl>(std::move(options), std::move(channels), std::move(callbacks));
}

}  // namespace smallbiznis::db
