// RESP bytes to replies, by hiredis' reader.
#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// One thread at a time. After an error nothing can be read any more.
class ReplyParser {
 public:
  ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // INTERNAL, REDIS_UNEXPECTED_REPLY, when a reply gets larger than 512 MiB.
  absl::Status Feed(std::string_view bytes);
  // The next reply into `reply`; false when more bytes are needed. INTERNAL, REDIS_UNEXPECTED_REPLY, for what is no
  // RESP or nested too deeply (7 arrays).
  absl::StatusOr<bool> Next(Reply& reply);

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  static Reply& Place(const redisReadTask* task);
  static void* CreateString(const redisReadTask* task, char* text, size_t size);
  static void* CreateArray(const redisReadTask* task, int elements);
  static void* CreateInteger(const redisReadTask* task, long long value);
  static void* CreateNil(const redisReadTask* task);
  static redisReplyObjectFunctions functions_;

  Reply root_;  // the reply being read
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace smallbiznis::redis
