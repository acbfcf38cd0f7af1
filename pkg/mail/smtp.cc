#include "pkg/mail/smtp.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "pkg/mail/compose.h"
#include "pkg/status/status.h"

namespace smallbiznis::mail {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  });
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

size_t ReadFrom(char* buffer, size_t size, size_t count, void* user) {
  auto& rest = *static_cast<std::string_view*>(user);
  const size_t taken = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

std::string UrlOf(const SmtpOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}", options.tls == Tls::kImplicit ? "smtps" : "smtp", v6 ? "[" : "", options.host,
                     v6 ? "]" : "", options.port, options.helo);
}

void SetConnection(CURL* handle, const SmtpOptions& options) {
  curl_easy_setopt(handle, CURLOPT_URL, UrlOf(options).c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   options.tls == Tls::kStartTls ? long{CURLUSESSL_ALL} : long{CURLUSESSL_NONE});
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  if (!options.username.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, options.username.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, options.password.c_str());
  }
}

// What the server, or the way to it, said. Its own words are left out: they may repeat the address.
absl::Status Outcome(CURL* handle, CURLcode code) {
  if (code == CURLE_OK) return absl::OkStatus();
  long answer = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
  const std::string what = fmt::format("{} (answer {})", curl_easy_strerror(code), answer);
  const bool about_message = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR ||
                             code == CURLE_HTTP_RETURNED_ERROR;
  if (about_message && answer >= 500 && answer < 600) {
    return status::Error(absl::StatusCode::kFailedPrecondition, "MAIL_REFUSED",
                         fmt::format("the mail server refuses the message for good: {}", what));
  }
  const bool late = code == CURLE_OPERATION_TIMEDOUT;
  return status::Error(late ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kUnavailable, "MAIL_UNAVAILABLE",
                       fmt::format("the mail could not be delivered: {}", what));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmtpMailer>> SmtpMailer::Create(SmtpOptions options, const clock::Clock& clock) {
  if (!IsHostName(options.host)) return absl::InvalidArgumentError("host: must be a host name or an address");
  if (options.port < 1 || options.port > 65535) return absl::InvalidArgumentError("port: must be 1 to 65535");
  if (!IsHostName(options.helo)) return absl::InvalidArgumentError("helo: must be a host name");
  if (options.username.empty() != options.password.empty()) {
    return absl::InvalidArgumentError("username and password: one of them is missing");
  }
  if (HasControl(options.username) || HasControl(options.password)) {
    return absl::InvalidArgumentError("username and password: must not hold control characters");
  }
  if (!options.username.empty() && options.tls == Tls::kNone && !IsLoopback(options.host)) {
    return absl::InvalidArgumentError("tls: a password is not sent over a network in plain text");
  }
  if (options.timeout <= absl::ZeroDuration()) return absl::InvalidArgumentError("timeout: must be positive");
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) return absl::InternalError("libcurl does not start");
  return std::unique_ptr<SmtpMailer>(new SmtpMailer(std::move(options), clock));
}

absl::Status SmtpMailer::Send(const Message& message, absl::Time deadline) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const std::string bytes, Compose(message, now));
  // libcurl takes 0 for no limit at all.
  const int64_t limit_ms = std::max<int64_t>(absl::ToInt64Milliseconds(std::min(options_.timeout, deadline - now)), 1);
  const Handle handle(curl_easy_init());
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory to send a mail");
  SetConnection(handle.get(), options_);
  const List to(curl_slist_append(nullptr, fmt::format("<{}>", message.to.address).c_str()));
  std::string_view rest = bytes;
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_FROM, fmt::format("<{}>", message.from.address).c_str());
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(handle.get(), CURLOPT_READFUNCTION, &ReadFrom);
  curl_easy_setopt(handle.get(), CURLOPT_READDATA, &rest);
  curl_easy_setopt(handle.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit_ms));
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limit_ms));
  curl_easy_setopt(handle.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>((limit_ms + 999) / 1000));
  return Outcome(handle.get(), curl_easy_perform(handle.get()));
}

}  // namespace smallbiznis::mail
