// Accepts the connections of one listening socket.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "pkg/rpc/http/core.h"
#include "pkg/rpc/http/io/poller.h"
#include "pkg/rpc/http/io/tls.h"

namespace smallbiznis::rpc::http {

// Thread-safe.
class Listener final : public Pollable, public std::enable_shared_from_this<Listener> {
 public:
  // Takes `fd` over. Connections speak TLS where `tls` is given.
  Listener(std::shared_ptr<Core> core, int fd, std::shared_ptr<const TlsContext> tls);

  void Start();
  void OnReady(Event event) override;
  // Goes on after a shortage of descriptors or memory. Called now and then.
  void Resume();
  // Accepts what the kernel has already connected, which may hold requests, and then nothing more.
  void Close();

 private:
  void AcceptAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Serve(int fd, std::string peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<const TlsContext> tls_;
  std::mutex mutex_;
  std::unique_ptr<Watch> watch_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace smallbiznis::rpc::http
