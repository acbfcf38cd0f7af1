#include "pkg/redis/internal/reply_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "pkg/redis/error.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

constexpr size_t kMaxReplyBytes = size_t{512} << 20;
// What is reserved on the word of an array's header; more comes with the elements themselves.
constexpr int kMaxReserved = 1024;

absl::Status Unreadable(std::string_view what) {
  return status::Error(absl::StatusCode::kInternal, kUnexpectedReply, fmt::format("unreadable reply: {}", what));
}

// hiredis is C: an exception must not pass through it; null makes it report that memory is out.
template <typename Create>
void* Guarded(Create create) {
  try {
    return create();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

redisReplyObjectFunctions ReplyParser::functions_ = {&CreateString, &CreateArray, &CreateInteger, &CreateNil, nullptr};

ReplyParser::ReplyParser() : reader_(redisReaderCreateWithFunctions(&functions_)) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = &root_;
}

absl::Status ReplyParser::Feed(std::string_view bytes) {
  if (reader_->len - reader_->pos + bytes.size() > kMaxReplyBytes) return Unreadable("larger than 512 MiB");
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return Unreadable(reader_->errstr);
  return absl::OkStatus();
}

absl::StatusOr<bool> ReplyParser::Next(Reply& reply) {
  void* done = nullptr;
  if (redisReaderGetReply(reader_.get(), &done) != REDIS_OK) return Unreadable(reader_->errstr);
  if (done == nullptr) return false;
  reply = std::exchange(root_, Reply());
  return true;
}

// An array's elements are added as they come. A pointer to one of them stays good while it is being filled, since its
// array gets the next one only after that.
Reply& ReplyParser::Place(const redisReadTask* task) {
  if (task->parent == nullptr) return *static_cast<Reply*>(task->privdata);
  return std::get<std::vector<Reply>>(static_cast<Reply*>(task->parent->obj)->value_).emplace_back();
}

void* ReplyParser::CreateString(const redisReadTask* task, char* text, size_t size) {
  return Guarded([&]() -> void* {
    Reply& reply = Place(task);
    reply.kind_ = task->type == REDIS_REPLY_STATUS  ? Reply::Kind::kStatus
                  : task->type == REDIS_REPLY_ERROR ? Reply::Kind::kError
                                                    : Reply::Kind::kBulk;
    reply.value_.emplace<std::string>(text, size);
    return &reply;
  });
}

void* ReplyParser::CreateArray(const redisReadTask* task, int elements) {
  return Guarded([&]() -> void* {
    Reply& reply = Place(task);
    reply.kind_ = Reply::Kind::kArray;
    reply.value_.emplace<std::vector<Reply>>().reserve(static_cast<size_t>(std::clamp(elements, 0, kMaxReserved)));
    return &reply;
  });
}

void* ReplyParser::CreateInteger(const redisReadTask* task, long long value) {
  return Guarded([&]() -> void* {
    Reply& reply = Place(task);
    reply.kind_ = Reply::Kind::kInteger;
    reply.value_ = int64_t{value};
    return &reply;
  });
}

void* ReplyParser::CreateNil(const redisReadTask* task) {
  return Guarded([&]() -> void* { return &Place(task); });
}

}  // namespace smallbiznis::redis
