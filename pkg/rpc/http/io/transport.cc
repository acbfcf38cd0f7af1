#include "pkg/rpc/http/io/transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace smallbiznis::rpc::http {
namespace {

IoResult FromCall(ssize_t n, IoResult::Kind when_blocked) {
  if (n > 0) return {IoResult::kDone, static_cast<size_t>(n)};
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {when_blocked};
  return {IoResult::kClosed};
}

class Plain final : public Transport {
 public:
  explicit Plain(int fd) : fd_(fd) {}

  IoResult Handshake() override { return {IoResult::kDone}; }

  IoResult Read(char* data, size_t size) override {
    ssize_t n;
    do {
      n = recv(fd_, data, size, 0);
    } while (n < 0 && errno == EINTR);
    return FromCall(n, IoResult::kWaitReadable);
  }

  IoResult Write(std::string_view head, std::string_view body) override {
    ssize_t n;
    do {
      n = body.empty() ? send(fd_, head.data(), head.size(), MSG_NOSIGNAL) : SendBoth(head, body);
    } while (n < 0 && errno == EINTR);
    return FromCall(n, IoResult::kWaitWritable);
  }

  bool HasBuffered() const override { return false; }
  void CloseWriting() override { shutdown(fd_, SHUT_WR); }

 private:
  ssize_t SendBoth(std::string_view head, std::string_view body) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return sendmsg(fd_, &message, MSG_NOSIGNAL);
  }

  const int fd_;
};

}  // namespace

std::unique_ptr<Transport> PlainTransport(int fd) {
  return std::make_unique<Plain>(fd);
}

}  // namespace smallbiznis::rpc::http
