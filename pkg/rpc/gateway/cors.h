// Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/rpc/http/server.h"

namespace smallbiznis::rpc::gateway {

// Immutable and thread-safe.
class Cors {
 public:
  // Exact origins ("https://shop.example"), or "*" for any, then without credentials. Empty: no origin is allowed.
  explicit Cors(std::vector<std::string> allowed_origins);

  // Adds what a browser asks for to the answer of `request`: nothing when it names no origin or one not allowed, but
  // for Vary, so that a cache does not mix answers.
  void AddTo(const http::Request& request, http::Response* response) const;
  // Adds the answer to a preflight, which `request` is when it is OPTIONS and names a method to come. `allowed` are the
  // methods of its path.
  void AddPreflight(const http::Request& request, const std::vector<std::string>& allowed,
                    http::Response* response) const;

 private:
  bool Allows(const http::Request& request) const;

  const std::vector<std::string> origins_;
  const bool any_;
};

}  // namespace smallbiznis::rpc::gateway
