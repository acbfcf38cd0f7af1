// For integration tests: a TCP proxy that counts round trips and breaks connections on demand.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::db {

// Listens on a free port of 127.0.0.1 from construction to destruction. Thread-safe.
class TcpProxy {
 public:
  TcpProxy(std::string host, int port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }

  // How often a client has begun to send after it had been answered, or for the first time, over all connections.
  int round_trips() const;
  // Closes all connections; new ones are served.
  void Cut();
  // The next time a client sends `text`, the server gets it, and when it answers, the connection is closed instead of
  // handing the answer on.
  void CutOnAnswerTo(std::string_view text);
  // Hands nothing on any more, as if the cable were pulled, until Thaw.
  void Freeze();
  void Thaw();

 private:
  struct Link {
    int client;
    int server;
    bool answered = true;  // the server was the last to speak
    bool doomed = false;   // to be closed at the next answer
    bool closed = false;
  };

  void Loop();
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pass(Link& link, bool from_client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake() const;

  const std::string host_;
  const int server_port_;
  int listener_ = -1;
  int port_ = 0;
  int wake_ = -1;
  mutable std::mutex mutex_;
  std::list<Link> links_ ABSL_GUARDED_BY(mutex_);
  int round_trips_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string cut_on_ ABSL_GUARDED_BY(mutex_);
  bool frozen_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smallbiznis::db
