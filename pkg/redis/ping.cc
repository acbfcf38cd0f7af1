#include "pkg/redis/ping.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <charconv>
#include <memory>

#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

absl::Status Unavailable(const ServerOptions& options, std::string_view what) {
  return absl::UnavailableError(fmt::format("Redis at {}: {}", options.addr, what));
}

// Sends one command and wants any reply that is not an error.
absl::Status Command(redisContext* context, const ServerOptions& options,
                     std::initializer_list<std::string_view> words) {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (std::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeReply> reply(
      static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(data.size()), data.data(), sizes.data())));
  if (reply == nullptr) return Unavailable(options, context->errstr);
  if (reply->type == REDIS_REPLY_ERROR) return Unavailable(options, reply->str);
  return absl::OkStatus();
}

}  // namespace

absl::Status Ping(const ServerOptions& options, absl::Duration timeout) {
  const size_t colon = options.addr.rfind(':');
  int port = 0;
  const char* const end = options.addr.data() + options.addr.size();
  if (colon == std::string::npos ||
      std::from_chars(options.addr.data() + colon + 1, end, port) != std::from_chars_result{end, std::errc()}) {
    return status::InvalidField("REDIS.ADDR", "must be host:port");
  }
  const timeval limit = absl::ToTimeval(timeout);
  const std::unique_ptr<redisContext, FreeContext> context(
      redisConnectWithTimeout(options.addr.substr(0, colon).c_str(), port, limit));
  if (context == nullptr) return Unavailable(options, "out of memory");
  if (context->err != 0) return Unavailable(options, context->errstr);
  if (redisSetTimeout(context.get(), limit) != REDIS_OK) return Unavailable(options, context->errstr);
  if (!options.password.empty()) {
    RETURN_IF_ERROR(options.username.empty()
                        ? Command(context.get(), options, {"AUTH", options.password})
                        : Command(context.get(), options, {"AUTH", options.username, options.password}));
  }
  if (options.db != 0) RETURN_IF_ERROR(Command(context.get(), options, {"SELECT", std::to_string(options.db)}));
  return Command(context.get(), options, {"PING"});
}

}  // namespace smallbiznis::redis
