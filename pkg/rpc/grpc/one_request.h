// The first half of a call that takes exactly one request message, over gRPC's streaming interface.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <string_view>

#include "google/protobuf/message_lite.h"

namespace smallbiznis::rpc::grpc {

// Reads the message, then calls OnRequest on one of gRPC's threads. What a client sends after it is not read, as by
// gRPC's own servers. Deletes itself; gRPC owns the time of that.
class OneRequestReactor : public ::grpc::ServerGenericBidiReactor {
 protected:
  OneRequestReactor() { StartRead(&request_); }

  virtual void OnRequest() = 0;
  // Ends the call instead; by default Finish.
  virtual void Refuse(::grpc::Status status) { Finish(std::move(status)); }

  // Valid from OnRequest on, for the reactor's life.
  std::string_view request_bytes() const;

  void OnDone() override { delete this; }

 private:
  void OnReadDone(bool ok) final;

  ::grpc::ByteBuffer request_;
  ::grpc::Slice request_slice_;
};

// `message` as one slice. False when it is beyond protobuf's 2 GiB.
bool Serialize(const google::protobuf::MessageLite& message, ::grpc::ByteBuffer* out);

}  // namespace smallbiznis::rpc::grpc
