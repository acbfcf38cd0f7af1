// Answers every request with its own body, from a pool of worker threads: the room's cost without JSON or RPCs.
//
//   rpc_http_echo [addr] [workers] [io threads]
//
// Load it with any HTTP client, for example `grpcgw -mode load -http ADDR -c 16 -n 100000`; it ends on SIGINT or
// SIGTERM.
#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/rpc/http/server.h"

namespace smallbiznis::rpc::http {
namespace {

class Echo {
 public:
  explicit Echo(int workers) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~Echo() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    filled_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Handle(Request request, Responder responder) {
    if (threads_.empty()) return Answer(std::move(request), std::move(responder));
    {
      const std::lock_guard lock(mutex_);
      jobs_.emplace_back(std::move(request), std::move(responder));
    }
    filled_.notify_one();
  }

 private:
  using Job = std::pair<Request, Responder>;

  static void Answer(Request request, Responder responder) {
    Response response;
    response.headers.Add("Content-Type", "application/json");
    response.body = std::move(request.body);
    responder.Send(std::move(response));
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      filled_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      Answer(std::move(job.first), std::move(job.second));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

int Argument(int argc, char** argv, int index, int otherwise) {
  int value = otherwise;
  if (argc > index && !absl::SimpleAtoi(argv[index], &value)) return otherwise;
  return value;
}

int Run(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ServerOptions options;
  options.addr = argc > 1 ? argv[1] : "127.0.0.1:0";
  options.threads = Argument(argc, argv, 3, 1);
  Echo echo(Argument(argc, argv, 2, 2));
  Server server(options, [&echo](Request request, Responder responder) {
    echo.Handle(std::move(request), std::move(responder));
  });
  if (const absl::Status started = server.Start(); !started.ok()) {
    fmt::print(stderr, "{}\n", std::string(started.message()));
    return 1;
  }
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.Drain(absl::Seconds(10));
  return 0;
}

}  // namespace
}  // namespace smallbiznis::rpc::http

int main(int argc, char** argv) {
  return smallbiznis::rpc::http::Run(argc, argv);
}
