// One HTTP/1.x request after another out of a stream of bytes: framing, limits and what the server must refuse.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/rpc/http/wire/message.h"

namespace smallbiznis::rpc::http {

// Not thread-safe.
class RequestParser {
 public:
  enum class State { kNeedMore, kComplete, kFailed };

  // What the answer depends on, valid once kComplete or kFailed.
  struct Facts {
    bool http11 = true;
    bool keep_alive = false;
    bool head = false;          // the method
    bool accepts_gzip = false;  // Accept-Encoding
  };

  RequestParser(size_t max_header_bytes, size_t max_body_bytes);
  ~RequestParser();

  // Takes what it can from the front of `input` and returns how much; the rest is to be offered again, with more behind
  // it when kNeedMore.
  size_t Parse(std::string_view input);

  State state() const { return state_; }
  const Facts& facts() const { return facts_; }
  // Whether any byte of the current request was taken.
  bool started() const;
  // The header is complete, the body is not, and the client waits for "100 Continue". True once a request.
  bool TakeExpectsContinue();

  // When kFailed: the answer to send before closing.
  const Response& failure() const { return failure_; }
  // When kComplete. The body is as received.
  Request& request() { return request_; }
  // Forgets the request and begins with the next one.
  void Reset();

 private:
  class Beast;

  void Fail(int http_status, std::string_view message);
  void OnHeader();
  void OnComplete();

  const size_t max_header_bytes_;
  const size_t max_body_bytes_;
  State state_ = State::kNeedMore;
  size_t header_bytes_ = 0;
  bool header_done_ = false;
  bool expects_continue_ = false;
  Facts facts_;
  Request request_;
  Response failure_;
  std::unique_ptr<Beast> beast_;
};

}  // namespace smallbiznis::rpc::http
