#include "pkg/redis/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/pct_string_view.hpp>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr int kServerPort = 6379;
constexpr int kSentinelPort = 26379;

// The address may hold a password, so it is never repeated.
absl::Status Invalid(std::string_view what) {
  return status::InvalidField("REDIS.ADDR", what);
}

absl::StatusOr<std::string> Decode(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!encoded) return Invalid("has a % that is not followed by two hex digits");
  return encoded->decode();
}

// What stands before the first `mark`, which is taken off `text` with it; nullopt, and `text` as it was, without one.
std::optional<std::string_view> TakeUntil(std::string_view& text, size_t mark) {
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, mark);
  text.remove_prefix(mark + 1);
  return before;
}

absl::StatusOr<int> ParsePort(std::string_view text) {
  int port = 0;
  if (text.empty() || !absl::SimpleAtoi(text::ToAbsl(text), &port) || port < 1 || port > 65535 || text[0] == '+') {
    return Invalid("must have a port of 1 to 65535");
  }
  return port;
}

absl::StatusOr<int> ParseDb(std::string_view text) {
  int db = 0;
  if (text.empty() || !absl::SimpleAtoi(text::ToAbsl(text), &db) || db < 0 || text[0] == '+') {
    return Invalid("must have a whole number for a database");
  }
  return db;
}

// host, host:port, [v6] or [v6]:port. `default_port` 0: there must be one.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text, int default_port) {
  Endpoint endpoint{.port = default_port};
  std::string_view rest = text;
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return Invalid("has a [ without a ]");
    endpoint.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    endpoint.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(endpoint.host.size());
  }
  const absl::Status no_address = Invalid("must be host:port or a redis:// URI");
  if (endpoint.host.empty() || endpoint.host.find_first_of(",@?#% ") != std::string::npos) return no_address;
  if (rest.empty()) return default_port == 0 ? absl::StatusOr<Endpoint>(no_address) : endpoint;
  if (!rest.starts_with(':')) return no_address;
  ASSIGN_OR_RETURN(endpoint.port, ParsePort(rest.substr(1)));
  return endpoint;
}

absl::StatusOr<std::vector<Endpoint>> ParseEndpoints(std::string_view text, int default_port) {
  std::vector<Endpoint> endpoints;
  for (const absl::string_view part : absl::StrSplit(text::ToAbsl(text), ',')) {
    ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(text::ToStd(part), default_port));
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

// The one parameter `name` that the query may have; empty without it.
absl::StatusOr<std::string> ParseQuery(std::string_view query, std::string_view name) {
  if (query.empty()) return std::string();
  std::string_view value = query;
  if (const auto key = TakeUntil(value, query.find('=')); key != name || value.find('&') != std::string_view::npos) {
    return Invalid(fmt::format("may have no parameter but {}", name));
  }
  return Decode(value);
}

struct Parts {
  std::string username;
  std::string password;
  std::string_view authority;  // without the user
  std::string_view path;       // without the first '/'
  std::string_view query;
};

absl::StatusOr<Parts> Split(std::string_view text) {
  Parts parts;
  if (const size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  std::string_view authority = text;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    parts.path = text.substr(slash + 1);
    authority = text.substr(0, slash);
  }
  if (auto user = TakeUntil(authority, authority.rfind('@'))) {
    std::string_view password = *user;
    const auto name = TakeUntil(password, user->find(':'));
    if (!name) return Invalid("must have user:password or :password before the @");
    ASSIGN_OR_RETURN(parts.username, Decode(*name));
    ASSIGN_OR_RETURN(parts.password, Decode(password));
    if (parts.password.empty()) return Invalid("must have user:password or :password before the @");
  }
  parts.authority = authority;
  return parts;
}

absl::StatusOr<Options> ParseDirect(const Parts& parts) {
  Options options{.kind = Options::Kind::kStandalone, .username = parts.username, .password = parts.password};
  if (!parts.query.empty()) return Invalid("may have no parameters");
  ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(parts.authority, kServerPort));
  options.endpoints = {std::move(endpoint)};
  if (!parts.path.empty()) {
    ASSIGN_OR_RETURN(options.db, ParseDb(parts.path));
  }
  return options;
}

absl::StatusOr<Options> ParseUnixSocket(const Parts& parts) {
  Options options{.kind = Options::Kind::kStandalone, .username = parts.username, .password = parts.password};
  if (!parts.authority.empty() || parts.path.empty()) return Invalid("must have an absolute path and no host");
  ASSIGN_OR_RETURN(const std::string path, Decode(parts.path));
  options.endpoints = {Endpoint{.unix_path = "/" + path}};
  ASSIGN_OR_RETURN(const std::string db, ParseQuery(parts.query, "db"));
  if (!db.empty()) {
    ASSIGN_OR_RETURN(options.db, ParseDb(db));
  }
  return options;
}

absl::StatusOr<Options> ParseSentinel(const Parts& parts) {
  Options options{.kind = Options::Kind::kSentinel, .sentinel_password = parts.password};
  if (!parts.username.empty()) return Invalid("may have the sentinels' password, but no user");
  ASSIGN_OR_RETURN(options.endpoints, ParseEndpoints(parts.authority, kSentinelPort));
  if (!parts.path.empty()) {
    ASSIGN_OR_RETURN(options.db, ParseDb(parts.path));
  }
  ASSIGN_OR_RETURN(options.sentinel_master, ParseQuery(parts.query, "master"));
  if (options.sentinel_master.empty()) return Invalid("must have the parameter master");
  return options;
}

absl::StatusOr<Options> ParseCluster(const Parts& parts) {
  Options options{.kind = Options::Kind::kCluster, .username = parts.username, .password = parts.password};
  if (!parts.path.empty() || !parts.query.empty()) return Invalid("may have no database or parameters for a cluster");
  ASSIGN_OR_RETURN(options.endpoints, ParseEndpoints(parts.authority, kServerPort));
  return options;
}

absl::StatusOr<Options> ParseUri(std::string_view scheme, std::string_view rest) {
  ASSIGN_OR_RETURN(const Parts parts, Split(rest));
  if (scheme == "redis") return ParseDirect(parts);
  if (scheme == "redis-socket") return ParseUnixSocket(parts);
  if (scheme == "redis-sentinel") return ParseSentinel(parts);
  if (scheme == "redis-cluster") return ParseCluster(parts);
  const bool cluster = scheme == "rediss-cluster";
  if (scheme != "rediss" && !cluster) {
    return Invalid("must begin with redis, rediss, redis-socket, redis-sentinel, redis-cluster or rediss-cluster");
  }
  ASSIGN_OR_RETURN(Options options, cluster ? ParseCluster(parts) : ParseDirect(parts));
  options.tls.enable = true;
  return options;
}

}  // namespace

std::string Endpoint::ToString() const {
  if (!unix_path.empty()) return unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

absl::StatusOr<Options> ParseAddress(std::string_view address) {
  constexpr std::string_view kMark = "://";
  if (const size_t mark = address.find(kMark); mark != std::string_view::npos) {
    return ParseUri(address.substr(0, mark), address.substr(mark + kMark.size()));
  }
  Options options;
  ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(address, 0));
  options.endpoints = {std::move(endpoint)};
  return options;
}

absl::StatusOr<Options> ParseServer(const ServerOptions& server) {
  ASSIGN_OR_RETURN(Options options, ParseAddress(server.addr));
  if (!server.username.empty()) options.username = server.username;
  if (!server.password.empty()) options.password = server.password;
  if (server.db != 0) options.db = server.db;
  if (options.kind == Options::Kind::kCluster && options.db != 0) {
    return status::InvalidField("REDIS.DB", "must be 0 for a cluster");
  }
  return options;
}

}  // namespace smallbiznis::redis
