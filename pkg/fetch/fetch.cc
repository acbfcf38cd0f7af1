#include "pkg/fetch/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "pkg/fetch/address.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::fetch {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

// What the callbacks of one exchange see.
struct Exchange {
  const Options& options;
  bool address_refused = false;
  bool too_long = false;
  std::string body;
};

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// The host of an https URL; empty when it is not one, or says more than a URL of a server should.
std::string HostOf(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (HasControl(text) || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return "";
  const auto part = [&](CURLUPart which) {
    char* value = nullptr;
    curl_url_get(url.get(), which, &value, 0);
    const std::unique_ptr<char, FreeText> owner(value);
    return std::string(value == nullptr ? "" : value);
  };
  const bool plain = part(CURLUPART_USER).empty() && part(CURLUPART_PASSWORD).empty();
  return plain && part(CURLUPART_SCHEME) == "https" ? part(CURLUPART_HOST) : "";
}

// Called with the very address that the socket is for.
curl_socket_t OpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (!exchange.options.private_addresses && !IsPublic(address->addr)) {
    exchange.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t Take(char* bytes, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (size * count > exchange.options.max_bytes - exchange.body.size()) {
    exchange.too_long = true;
    return 0;
  }
  exchange.body.append(bytes, size * count);
  return size * count;
}

std::string FormOf(const Request& request) {
  std::string form;
  for (const auto& [name, value] : request.form) {
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", Escape(name), Escape(value));
  }
  return form;
}

void SetConnection(CURL* handle, const Options& options, Exchange& exchange) {
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Take);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  if (options.ca_file.empty()) return;
  curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
}

void SetCredentials(CURL* handle, const Request& request) {
  if (!request.basic.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERPWD, request.basic.c_str());
  } else if (!request.bearer.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, request.bearer.c_str());
  }
}

absl::Status Refused(std::string_view problem) {
  return status::Error(absl::StatusCode::kInvalidArgument, "FETCH_URL_REFUSED", problem);
}

absl::Status Failure(const std::string& host, CURLcode code, const Exchange& exchange) {
  const auto unavailable = [&](std::string_view reason, std::string_view what) {
    return status::Error(absl::StatusCode::kUnavailable, reason, fmt::format("{}: {}", host, what));
  };
  if (exchange.too_long) return unavailable("FETCH_ANSWER_TOO_LONG", "the answer is too long");
  if (exchange.address_refused) return unavailable("FETCH_ADDRESS_REFUSED", "its address is not a public one");
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return status::Error(absl::StatusCode::kDeadlineExceeded, "FETCH_FAILED",
                         fmt::format("{}: no answer in time", host));
  }
  return unavailable("FETCH_FAILED", curl_easy_strerror(code));
}

}  // namespace

std::string Escape(std::string_view text) {
  static constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string escaped;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      escaped.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(escaped), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

Client::Client(Options options, const clock::Clock& clock) : options_(std::move(options)), clock_(clock) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)ready;  // without it there are no handles either
}

absl::StatusOr<Response> Client::Fetch(const Request& request, absl::Time deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (running_ >= options_.max_concurrent) {
      return status::Error(absl::StatusCode::kUnavailable, "FETCH_BUSY", "too many requests are at work");
    }
    ++running_;
  }
  absl::StatusOr<Response> response = Perform(request, deadline);
  const std::lock_guard lock(mutex_);
  --running_;
  return response;
}

absl::StatusOr<Response> Client::Perform(const Request& request, absl::Time deadline) const {
  const std::string host = HostOf(request.url);
  if (host.empty()) return Refused("the URL must be https://host/..., without a user");
  if (HasControl(request.basic) || HasControl(request.bearer)) {
    return Refused("credentials must not hold control characters");
  }
  const Handle owner(curl_easy_init());
  CURL* const handle = owner.get();
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a request");
  Exchange exchange{.options = options_, .body = ""};
  SetConnection(handle, options_, exchange);
  SetCredentials(handle, request);
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  const std::string form = FormOf(request);
  if (!form.empty()) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(form.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, form.c_str());
  }
  // libcurl takes 0 for no limit at all.
  const absl::Duration left = std::min(options_.timeout, deadline - clock_.Now());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(absl::ToInt64Milliseconds(left), 1)));
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return Failure(host, code, exchange);
  long answer = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
  return Response{.status = static_cast<int>(answer), .body = std::move(exchange.body)};
}

}  // namespace smallbiznis::fetch
