#include "cmd/sbctl/api.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <utility>

#include "cmd/sbctl/text.h"
#include "google/rpc/error_details.pb.h"
#include "nlohmann/json.hpp"
#include "pkg/rpc/json/base64.h"
#include "pkg/status/status.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

// The codes of the Connect protocol, "Error Codes".
constexpr std::pair<std::string_view, absl::StatusCode> kCodes[] = {
    {"canceled", absl::StatusCode::kCancelled},
    {"unknown", absl::StatusCode::kUnknown},
    {"invalid_argument", absl::StatusCode::kInvalidArgument},
    {"deadline_exceeded", absl::StatusCode::kDeadlineExceeded},
    {"not_found", absl::StatusCode::kNotFound},
    {"already_exists", absl::StatusCode::kAlreadyExists},
    {"permission_denied", absl::StatusCode::kPermissionDenied},
    {"resource_exhausted", absl::StatusCode::kResourceExhausted},
    {"failed_precondition", absl::StatusCode::kFailedPrecondition},
    {"aborted", absl::StatusCode::kAborted},
    {"out_of_range", absl::StatusCode::kOutOfRange},
    {"unimplemented", absl::StatusCode::kUnimplemented},
    {"internal", absl::StatusCode::kInternal},
    {"unavailable", absl::StatusCode::kUnavailable},
    {"data_loss", absl::StatusCode::kDataLoss},
    {"unauthenticated", absl::StatusCode::kUnauthenticated},
};

// The text of a member; empty when there is none.
std::string Text(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string ReasonIn(const nlohmann::json& error) {
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array()) return "";
  for (const nlohmann::json& detail : *details) {
    std::string bytes;
    google::rpc::ErrorInfo info;
    if (Text(detail, "type") == info.GetTypeName() && rpc::json::DecodeBase64(Text(detail, "value"), &bytes) &&
        info.ParseFromString(bytes)) {
      return info.reason();
    }
  }
  return "";
}

class CurlApi final : public Api {
 public:
  CurlApi(Options options, CURL* curl) : options_(std::move(options)), curl_(curl) {}
  ~CurlApi() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }

  void Prepare() {
    for (const std::string& header :
         {std::string("Content-Type: application/proto"), std::string("Connect-Protocol-Version: 1"),
          std::string("Expect:"), "Authorization: Bearer " + options_.key}) {
      headers_ = curl_slist_append(headers_, header.c_str());
    }
    base_ = options_.address;
    if (base_.starts_with(kUnixScheme)) {
      curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, base_.c_str() + kUnixScheme.size());
      base_ = "http://localhost";
    }
    while (base_.ends_with('/')) base_.pop_back();
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, absl::ToInt64Milliseconds(options_.connect_timeout));
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, absl::ToInt64Milliseconds(options_.timeout));
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, problem_);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &CurlApi::Append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &body_);
  }

  absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response) override {
    const std::string url = fmt::format("{}/{}", base_, method);
    const std::string sent = request.SerializeAsString();
    body_.clear();
    problem_[0] = '\0';
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, sent.c_str());
    if (const CURLcode code = curl_easy_perform(curl_); code != CURLE_OK) {
      const std::string_view why = problem_[0] != '\0' ? problem_ : curl_easy_strerror(code);
      return absl::UnavailableError(fmt::format("cannot reach {}: {}", options_.address, why));
    }
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return ReadError(status);
    const char* type = nullptr;
    curl_easy_getinfo(curl_, CURLINFO_CONTENT_TYPE, &type);
    if (type == nullptr || std::string_view(type) != "application/proto" || !response.ParseFromString(body_)) {
      return absl::UnavailableError(fmt::format("{} answers, but not as the platform does", options_.address));
    }
    return absl::OkStatus();
  }

 private:
  static size_t Append(const char* bytes, size_t one, size_t count, void* body) {
    static_cast<std::string*>(body)->append(bytes, one * count);
    return one * count;
  }

  absl::Status ReadError(long http_status) const {
    const nlohmann::json error = nlohmann::json::parse(body_, nullptr, /*allow_exceptions=*/false);
    const std::string code = error.is_discarded() ? "" : Text(error, "code");
    for (const auto& [name, value] : kCodes) {
      if (name != code) continue;
      const std::string message = Safe(Text(error, "message"));
      return status::Error(value, ReasonIn(error), message);
    }
    return absl::UnavailableError(
        fmt::format("{} answers HTTP {}, but not as the platform does", options_.address, http_status));
  }

  const Options options_;
  CURL* const curl_;
  curl_slist* headers_ = nullptr;
  std::string base_;
  std::string body_;
  char problem_[CURL_ERROR_SIZE] = {};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Api>> Api::Open(Options options) {
  bool known = false;
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://"), kUnixScheme}) {
    known = known || (options.address.starts_with(scheme) && options.address.size() > scheme.size());
  }
  if (!known) return absl::InvalidArgumentError("--addr must be http://host:port, https://host:port or unix:/path");
  if (options.key.find_first_of("\r\n") != options.key.npos) {
    return absl::InvalidArgumentError("--key must be one line");
  }
  CURL* const curl = curl_easy_init();
  if (curl == nullptr) return absl::InternalError("libcurl does not start");
  auto api = std::make_unique<CurlApi>(std::move(options), curl);
  api->Prepare();
  return api;
}

}  // namespace smallbiznis::sbctl
