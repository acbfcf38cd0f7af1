#include "pkg/rpc/grpc/one_request.h"

#include <climits>
#include <utility>

namespace smallbiznis::rpc::grpc {

void OneRequestReactor::OnReadDone(bool ok) {
  if (!ok) {  // gRPC does not say which; to a message that is too large it has answered this code itself
    return Refuse({::grpc::StatusCode::RESOURCE_EXHAUSTED, "no request message, or one that is too large"});
  }
  if (!request_.TrySingleSlice(&request_slice_).ok()) request_.DumpToSingleSlice(&request_slice_);
  OnRequest();
}

std::string_view OneRequestReactor::request_bytes() const {
  return {reinterpret_cast<const char*>(request_slice_.begin()), request_slice_.size()};
}

bool Serialize(const google::protobuf::MessageLite& message, ::grpc::ByteBuffer* out) {
  const size_t size = message.ByteSizeLong();
  if (size > INT_MAX) return false;
  ::grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  *out = ::grpc::ByteBuffer(&slice, 1);
  return true;
}

}  // namespace smallbiznis::rpc::grpc
