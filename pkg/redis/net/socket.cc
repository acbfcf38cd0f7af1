#include "pkg/redis/net/socket.h"

#include <poll.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <vector>

#include "pkg/redis/net/resolve.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

namespace asio = boost::asio;
using Protocol = asio::generic::stream_protocol;
using boost::system::error_code;

class PlainSocket final : public Socket {
 public:
  absl::Status Connect(const std::vector<Protocol::endpoint>& addresses, Deadline deadline, int stop_fd);

  absl::StatusOr<size_t> Write(std::string_view bytes) override {
    error_code error;
    return Count(socket_.write_some(asio::buffer(bytes), error), error);
  }
  absl::StatusOr<size_t> Read(std::span<char> buffer) override {
    error_code error;
    return Count(socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error), error);
  }
  Ready Wait(bool to_write, Deadline deadline, int stop_fd, bool) override {
    const short events = to_write ? POLLIN | POLLOUT : POLLIN;
    return WaitFor(socket_.native_handle(), events, deadline, stop_fd);
  }

 private:
  static absl::StatusOr<size_t> Count(size_t count, error_code error) {
    if (!error) return count;
    if (error == asio::error::would_block || error == asio::error::interrupted) return 0;
    if (error == asio::error::eof) return absl::UnavailableError("the server closed the connection");
    return absl::UnavailableError(error.message());
  }

  asio::io_context io_{1};
  Protocol::socket socket_{io_};
};

absl::Status PlainSocket::Connect(const std::vector<Protocol::endpoint>& addresses, Deadline deadline, int stop_fd) {
  std::optional<error_code> result;
  asio::async_connect(socket_, addresses, [&](error_code error, const Protocol::endpoint&) {
    result = error;
    io_.stop();
  });
  bool stopped = false;
  asio::posix::stream_descriptor stop(io_);
  if (stop_fd >= 0) {
    stop.assign(stop_fd);
    stop.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code error) {
      if (error) return;
      stopped = true;
      io_.stop();
    });
  }
  io_.run_until(deadline);
  if (stop_fd >= 0) stop.release();
  const bool timed_out = !result && !stopped;
  if (!result) {
    error_code ignored;
    socket_.close(ignored);
  }
  // The handlers refer to this function's variables: let those that are left run now.
  io_.restart();
  io_.poll();
  if (timed_out) return absl::DeadlineExceededError("connecting took too long");
  if (stopped) return absl::CancelledError("interrupted");
  if (*result) return absl::UnavailableError(result->message());
  error_code error;
  socket_.non_blocking(true, error);
  if (socket_.local_endpoint(error).protocol().family() != AF_UNIX) {
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    socket_.set_option(asio::socket_base::keep_alive(true), error);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Protocol::endpoint>> Addresses(const Endpoint& endpoint, Deadline deadline, int stop_fd) {
  std::vector<Protocol::endpoint> addresses;
  if (!endpoint.unix_path.empty()) {
    if (endpoint.unix_path.size() >= sizeof(sockaddr_un::sun_path))
      return absl::UnavailableError("the path is too long");
    addresses.emplace_back(asio::local::stream_protocol::endpoint(endpoint.unix_path));
    return addresses;
  }
  ASSIGN_OR_RETURN(const auto resolved, Resolve(endpoint.host, endpoint.port, deadline, stop_fd));
  addresses.assign(resolved.begin(), resolved.end());
  return addresses;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Socket>> OpenSocket(const Endpoint& endpoint, Deadline deadline, int stop_fd) {
  ASSIGN_OR_RETURN(const auto addresses, Addresses(endpoint, deadline, stop_fd));
  auto socket = std::make_unique<PlainSocket>();
  RETURN_IF_ERROR(socket->Connect(addresses, deadline, stop_fd));
  return socket;
}

}  // namespace smallbiznis::redis
