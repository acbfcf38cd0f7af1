// Bytes over one connected, non-blocking socket, plain or TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace smallbiznis::rpc::http {

struct IoResult {
  enum Kind { kDone, kWaitReadable, kWaitWritable, kClosed };
  Kind kind = kDone;
  size_t bytes = 0;  // moved, more than 0 when kDone
};

// Not thread-safe: its owner has a lock. Nothing raises SIGPIPE.
class Transport {
 public:
  virtual ~Transport() = default;
  // kDone when reading and writing may begin.
  virtual IoResult Handshake() = 0;
  // kClosed at the end of the stream and on every error.
  virtual IoResult Read(char* data, size_t size) = 0;
  // Writes as much as it can of `head`, then of `body`; not both empty.
  virtual IoResult Write(std::string_view head, std::string_view body) = 0;
  // Received bytes that the socket's readiness does not show.
  virtual bool HasBuffered() const = 0;
  // Tells the peer that nothing more will be written; reading goes on.
  virtual void CloseWriting() = 0;
};

// `fd` stays the caller's.
std::unique_ptr<Transport> PlainTransport(int fd);

}  // namespace smallbiznis::rpc::http
