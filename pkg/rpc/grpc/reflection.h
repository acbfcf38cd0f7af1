// Server reflection: what is hosted here, and the files that describe it. The library's own plugin lists only services
// that are registered with gRPC one by one; ours stand behind one generic service.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "pkg/rpc/grpc/streams.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::grpc {

// Thread-safe. Outlives the server, as do `pool`, `streams` and `workers`.
class Reflection {
 public:
  // `services`: full names, in the order in which they are listed.
  Reflection(const google::protobuf::DescriptorPool& pool, std::vector<std::string> services);

  // What the pool does not know is an error response with NOT_FOUND, never an error of the call.
  ::grpc::reflection::v1::ServerReflectionResponse Answer(
      const ::grpc::reflection::v1::ServerReflectionRequest& request) const;

  // The reactor of ServerReflectionInfo (v1 or v1alpha); null when `path` is another one.
  ::grpc::ServerGenericBidiReactor* NewReactor(std::string_view path, Streams& streams, Workers& workers) const;

 private:
  const google::protobuf::FileDescriptor* FindFile(
      const ::grpc::reflection::v1::ServerReflectionRequest& request) const;

  const google::protobuf::DescriptorPool& pool_;
  const std::vector<std::string> services_;
};

}  // namespace smallbiznis::rpc::grpc
