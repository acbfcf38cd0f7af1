// Calls the platform's RPCs over HTTP: the Connect protocol with protobuf bodies.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace smallbiznis::sbctl {

// Used by one thread. Keeps its connection between calls.
class Api {
 public:
  struct Options {
    std::string address;  // "http://host:port", "https://host:port" or "unix:/path/of/socket"
    std::string key;      // sent as Authorization: Bearer
    absl::Duration connect_timeout = absl::Seconds(5);
    absl::Duration timeout = absl::Seconds(60);
  };
  // INVALID_ARGUMENT for an address that is none.
  static absl::StatusOr<std::unique_ptr<Api>> Open(Options options);
  virtual ~Api() = default;

  // `method` is "smallbiznis.queue.v1.QueueService/ListQueues". The error of the server with its reason; UNAVAILABLE
  // naming the address when it cannot be reached, or is something else. The key is in no error.
  virtual absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                            google::protobuf::Message& response) = 0;
};

}  // namespace smallbiznis::sbctl
