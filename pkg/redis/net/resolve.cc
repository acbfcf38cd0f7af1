#include "pkg/redis/net/resolve.h"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::redis {
namespace {

using boost::asio::ip::tcp;
using Addresses = std::vector<tcp::endpoint>;

// Shared with the thread, which may outlive the call.
struct Lookup {
  StopSignal done;
  std::mutex mutex;
  absl::StatusOr<Addresses> result ABSL_GUARDED_BY(mutex) = Addresses();
};

absl::StatusOr<Addresses> LookUp(const std::string& host, int port) {
  boost::asio::io_context io;
  boost::system::error_code error;
  Addresses addresses;
  for (const auto& entry : tcp::resolver(io).resolve(host, std::to_string(port), error)) {
    addresses.push_back(entry.endpoint());
  }
  if (error) return absl::UnavailableError(error.message());
  return addresses;
}

}  // namespace

absl::StatusOr<Addresses> Resolve(const std::string& host, int port, Deadline deadline, int stop_fd) {
  boost::system::error_code not_digits;
  const auto address = boost::asio::ip::make_address(host, not_digits);
  if (!not_digits) return Addresses{tcp::endpoint(address, static_cast<uint16_t>(port))};
  const auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port] {
    absl::StatusOr<Addresses> result = LookUp(host, port);
    const std::lock_guard lock(lookup->mutex);
    lookup->result = std::move(result);
    lookup->done.Stop();
  }).detach();
  switch (WaitFor(lookup->done.fd(), POLLIN, deadline, stop_fd)) {
    case Ready::kTimeout:
      return absl::DeadlineExceededError("looking up the name took too long");
    case Ready::kStopped:
      return absl::CancelledError("interrupted");
    case Ready::kReady:
      break;
  }
  const std::lock_guard lock(lookup->mutex);
  return std::move(lookup->result);
}

}  // namespace smallbiznis::redis
