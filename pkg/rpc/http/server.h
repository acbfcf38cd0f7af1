// An HTTP/1.1 server on Boost.Beast: TCP and Unix sockets, TLS, keep-alive and pipelining, limits and time-outs, gzip
// both ways, graceful drain. It knows nothing of RPCs.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/rpc/http/wire/message.h"

namespace smallbiznis::rpc::http {

// Sends the answer of one request. Called once, from any thread, also after the client has gone. Destroyed unused: 500.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void Send(Response response) = 0;
  };
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  void Send(Response response);

 private:
  std::shared_ptr<Sink> sink_;
};

// Runs on one of the server's own threads: must hand anything that takes time to a worker.
using Handler = std::function<void(Request, Responder)>;

struct ServerOptions {
  std::string addr = "127.0.0.1:8080";  // "host:port"; ":8080" is every interface; port 0 picks a free one
  std::string unix_socket;              // also listen here when not empty
  std::string tls_cert_path;            // TLS on `addr` when not empty
  std::string tls_key_path;
  int threads = 1;
  int max_connections = 10000;                       // further ones are answered 503 and closed
  size_t max_header_bytes = 16 * 1024;               // beyond: 431
  size_t max_body_bytes = 4 * 1024 * 1024;           // beyond, also after inflating: 413
  absl::Duration read_timeout = absl::Seconds(30);   // from the first byte of a request to its last: 408
  absl::Duration write_timeout = absl::Seconds(30);  // for writing an answer: closed
  absl::Duration idle_timeout = absl::Seconds(60);   // between requests: closed
  size_t gzip_min_bytes = 1024;                      // smaller answers are not compressed
};

class Server {
 public:
  Server(ServerOptions options, Handler handler);
  ~Server();

  // Listens and serves. An error names the key to change: "cannot listen on HTTP_SERVER.ADDR 127.0.0.1:80: ...".
  absl::Status Start();

  // Stops accepting, lets requests in flight finish (each answered with Connection: close), and returns when the last
  // connection is gone or after `limit`. Idle connections are closed at once. Legal twice, and without Start.
  void Drain(absl::Duration limit);

  int port() const;         // the bound port
  int connections() const;  // open now

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::rpc::http
