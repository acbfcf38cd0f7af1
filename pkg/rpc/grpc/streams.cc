#include "pkg/rpc/grpc/streams.h"

namespace smallbiznis::rpc::grpc {

void Streams::Add(const std::shared_ptr<Stream>& stream) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const std::weak_ptr<Stream>& each) { return each.expired(); });
    if (!ending_) {
      streams_.push_back(stream);
      return;
    }
  }
  stream->End();
}

void Streams::EndAll() {
  std::vector<std::weak_ptr<Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    streams.swap(streams_);
  }
  for (const std::weak_ptr<Stream>& each : streams) {
    if (const std::shared_ptr<Stream> stream = each.lock()) stream->End();
  }
}

}  // namespace smallbiznis::rpc::grpc
