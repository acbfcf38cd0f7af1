#include "pkg/redis/net/wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace smallbiznis::redis {
namespace {

int MakeEventFd() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

timespec TimeUntil(Deadline deadline) {
  const auto left = std::max(std::chrono::nanoseconds(deadline - Now()), std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

Deadline After(absl::Duration time) {
  const Deadline now = Now();
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  return time > kLongest ? Deadline::max() : now + absl::ToChronoNanoseconds(time);
}

StopSignal::StopSignal() : fd_(MakeEventFd()) {}

StopSignal::~StopSignal() {
  close(fd_);
}

void StopSignal::Stop() {
  eventfd_write(fd_, 1);
}

Ready WaitFor(int fd, short events, Deadline deadline, int stop_fd) {
  std::array<pollfd, 2> fds{{{.fd = fd, .events = events}, {.fd = stop_fd, .events = POLLIN}}};
  while (true) {
    const timespec left = TimeUntil(deadline);
    const int ready = ppoll(fds.data(), stop_fd < 0 ? 1 : 2, deadline == Deadline::max() ? nullptr : &left, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Ready::kReady;  // the read or write that follows says what is wrong
    if (fds[1].revents != 0) return Ready::kStopped;
    return ready == 0 ? Ready::kTimeout : Ready::kReady;
  }
}

}  // namespace smallbiznis::redis
