// An HTTP request and its answer, as handlers see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smallbiznis::rpc::http {

// In the order received; names compare without letter case.
class Headers {
 public:
  void Add(std::string name, std::string value) { entries_.emplace_back(std::move(name), std::move(value)); }
  // The first value; nullopt when there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct Request {
  std::string method;  // "GET"
  std::string target;  // as sent: "/v1/tenants?page_size=2", still percent-encoded
  Headers headers;
  std::string body;  // already inflated when it came with Content-Encoding: gzip
  std::string peer;  // "127.0.0.1:51234" or "unix"
  bool tls = false;
};

struct Response {
  int status = 200;
  Headers headers;   // Content-Length, Date, Connection and Content-Encoding are the server's
  std::string body;  // dropped by the server for HEAD, its length kept
};

}  // namespace smallbiznis::rpc::http
