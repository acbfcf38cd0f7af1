#include "pkg/rpc/http/wire/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "pkg/rpc/http/wire/answer.h"
#include "pkg/rpc/http/wire/gzip.h"

namespace smallbiznis::rpc::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;
using boost::system::error_code;

// A body's memory grows with what has arrived, not with what was announced.
constexpr size_t kFirstBodyReserve = 64 * 1024;

absl::string_view View(beast::string_view view) {
  return {view.data(), view.size()};
}
absl::string_view View(std::string_view view) {
  return {view.data(), view.size()};
}
std::string Text(beast::string_view view) {
  return std::string(view.data(), view.size());
}

struct Refusal {
  int http_status = 0;
  std::string_view message;
};

Refusal RefusalFor(const error_code& error) {
  if (error == error::body_limit) return {413, "the body is too large"};
  if (error == error::header_limit) return {431, "the header is too large"};
  if (error == error::bad_version) return {400, "the request line is invalid, or its version is not HTTP/1.0 or 1.1"};
  if (error == error::bad_content_length) return {400, "Content-Length is invalid"};
  if (error == error::multiple_content_length) return {400, "Content-Length is given twice"};
  if (error == error::bad_transfer_encoding) return {400, "Transfer-Encoding is invalid"};
  if (error == error::bad_chunk || error == error::bad_chunk_extension) return {400, "a chunk is invalid"};
  return {400, "the request is not valid HTTP"};
}

}  // namespace

// Beast's parser with our own storage: what it finds goes straight into a Request.
class RequestParser::Beast {
 public:
  explicit Beast(size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // A parser is good for one message.
  void Restart(Request& request) {
    refusal_ = {};
    parser_.emplace(request, refusal_);
    parser_->header_limit(std::numeric_limits<std::uint32_t>::max());  // RequestParser counts
    parser_->body_limit(max_body_bytes_);
  }

  size_t Put(std::string_view input, error_code& error) {
    return parser_->put(boost::asio::const_buffer(input.data(), input.size()), error);
  }
  bool header_done() const { return parser_->is_header_done(); }
  bool done() const { return parser_->is_done(); }
  bool keep_alive() const { return parser_->keep_alive(); }
  int version() const { return parser_->version(); }
  int hosts() const { return parser_->hosts(); }
  bool expects_continue() const { return parser_->expects_continue(); }
  bool expects_other() const { return parser_->expects_other(); }
  // What was refused on our own account.
  const Refusal& refusal() const { return refusal_; }

 private:
  class Parser final : public beast::http::basic_parser<true> {
   public:
    Parser(Request& request, Refusal& refusal) : request_(request), refusal_(refusal) {}

    int version() const { return version_; }
    int hosts() const { return hosts_; }
    bool expects_continue() const { return expects_continue_; }
    bool expects_other() const { return expects_other_; }

   private:
    using string_view = beast::string_view;

    void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                         error_code& ec) override {
      version_ = version;
      request_.method = Text(method);
      if (!target.empty() && target[0] == '/') {
        request_.target = Text(target);
      } else if (View(target) == "*" && View(method) == "OPTIONS") {
        request_.target.assign(1, '*');
      } else if (!TakeAbsolute(View(target))) {
        Refuse(400, "the request target is invalid", ec);
      }
    }

    // RFC 9112 3.2.2: "http://host/path" means "/path", and its host goes before the Host header.
    bool TakeAbsolute(absl::string_view target) {
      for (const absl::string_view scheme : {"http://", "https://"}) {
        if (!absl::StartsWithIgnoreCase(target, scheme)) continue;
        target.remove_prefix(scheme.size());
        const size_t end = std::min(target.find_first_of("/?"), target.size());
        if (end == 0) return false;
        authority_ = std::string(target.substr(0, end));
        request_.target = std::string(target.substr(end));
        if (request_.target.empty() || request_.target[0] == '?') request_.target.insert(0, 1, '/');
        return true;
      }
      return false;
    }

    void on_field_impl(beast::http::field known, string_view name, string_view value, error_code& ec) override {
      using beast::http::field;
      if (is_header_done()) return;  // a trailer must not pass for a header
      switch (known) {
        case field::transfer_encoding:
          if (!absl::EqualsIgnoreCase(View(value), "chunked")) {
            return Refuse(501, "only the chunked transfer encoding is supported", ec);
          }
          if (version_ < 11) return Refuse(400, "HTTP/1.0 has no Transfer-Encoding", ec);
          break;
        case field::host:
          if (++hosts_ > 1) return Refuse(400, "Host is given twice", ec);
          if (authority_) value = *authority_;
          break;
        case field::expect:
          (absl::EqualsIgnoreCase(View(value), "100-continue") ? expects_continue_ : expects_other_) = true;
          break;
        default:
          break;
      }
      request_.headers.Add(Text(name), Text(value));
    }

    void on_header_impl(error_code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
      request_.body.reserve(static_cast<size_t>(std::min<std::uint64_t>(length.value_or(0), kFirstBodyReserve)));
    }

    size_t on_body_impl(string_view data, error_code&) override {
      request_.body.append(data.data(), data.size());
      return data.size();
    }

    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}

    size_t on_chunk_body_impl(std::uint64_t, string_view data, error_code&) override {
      request_.body.append(data.data(), data.size());
      return data.size();
    }

    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}

    void Refuse(int http_status, std::string_view message, error_code& ec) {
      refusal_ = {http_status, message};
      ec = error::bad_value;
    }

    Request& request_;
    Refusal& refusal_;
    int version_ = 11;
    int hosts_ = 0;
    bool expects_continue_ = false;
    bool expects_other_ = false;
    std::optional<std::string> authority_;
  };

  const size_t max_body_bytes_;
  Refusal refusal_;
  std::optional<Parser> parser_;
};

RequestParser::RequestParser(size_t max_header_bytes, size_t max_body_bytes)
    : max_header_bytes_(max_header_bytes),
      max_body_bytes_(max_body_bytes),
      beast_(std::make_unique<Beast>(max_body_bytes)) {
  Reset();
}

RequestParser::~RequestParser() = default;

bool RequestParser::started() const {
  return header_bytes_ > 0;
}

bool RequestParser::TakeExpectsContinue() {
  return std::exchange(expects_continue_, false);
}

void RequestParser::Reset() {
  state_ = State::kNeedMore;
  header_bytes_ = 0;
  header_done_ = false;
  expects_continue_ = false;
  facts_ = {};
  request_ = {};
  beast_->Restart(request_);
}

size_t RequestParser::Parse(std::string_view input) {
  size_t taken = 0;
  // RFC 9112 2.2: empty lines before a request line are ignored.
  while (!started() && taken < input.size() && (input[taken] == '\r' || input[taken] == '\n')) ++taken;
  while (state_ == State::kNeedMore && taken < input.size()) {
    const std::string_view rest = input.substr(taken);
    error_code error;
    const size_t n = beast_->Put(rest, error);
    taken += n;
    if (!header_done_) {
      header_bytes_ += n;
      if (error == beast::http::error::need_more) {
        if (header_bytes_ + rest.size() - n >= max_header_bytes_) Fail(431, "the header is too large");
        return taken;
      }
      if (header_bytes_ > max_header_bytes_) return Fail(431, "the header is too large"), taken;
    } else if (error == beast::http::error::need_more) {
      if (rest.size() - n >= max_header_bytes_) Fail(431, "a chunk's header or the trailer is too large");
      return taken;
    }
    if (error) {
      const Refusal refusal = beast_->refusal().http_status != 0 ? beast_->refusal() : RefusalFor(error);
      return Fail(refusal.http_status, refusal.message), taken;
    }
    if (!header_done_ && beast_->header_done()) OnHeader();
    if (state_ == State::kNeedMore && beast_->done()) OnComplete();
  }
  return taken;
}

void RequestParser::OnHeader() {
  header_done_ = true;
  facts_.http11 = beast_->version() >= 11;
  facts_.keep_alive = beast_->keep_alive();
  facts_.head = request_.method == "HEAD";
  if (const auto accepted = request_.headers.Find("Accept-Encoding")) facts_.accepts_gzip = AllowsGzip(*accepted);
  if (facts_.http11 && beast_->hosts() == 0) return Fail(400, "Host is missing");
  if (beast_->expects_other()) return Fail(417, "only 100-continue can be expected");
  expects_continue_ = facts_.http11 && beast_->expects_continue();
}

void RequestParser::OnComplete() {
  state_ = State::kComplete;
  const auto encoding = request_.headers.Find("Content-Encoding");
  if (!encoding || absl::EqualsIgnoreCase(View(*encoding), "identity")) return;
  if (!absl::EqualsIgnoreCase(View(*encoding), "gzip") && !absl::EqualsIgnoreCase(View(*encoding), "x-gzip")) {
    Fail(415, "only the gzip content encoding is supported");
    failure_.headers.Add("Accept-Encoding", "gzip");
    return;
  }
  absl::StatusOr<std::string> plain = Gunzip(request_.body, max_body_bytes_);
  if (plain.ok()) {
    request_.body = *std::move(plain);
  } else if (absl::IsResourceExhausted(plain.status())) {
    Fail(413, "the body is too large after inflating");
  } else {
    Fail(400, "the body is not valid gzip");
  }
}

void RequestParser::Fail(int http_status, std::string_view message) {
  state_ = State::kFailed;
  facts_.keep_alive = false;
  facts_.head = request_.method == "HEAD";
  failure_ = ErrorAnswer(http_status, message);
}

}  // namespace smallbiznis::rpc::http
