// Where Redis is and how to get in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace smallbiznis::redis {

struct Endpoint {
  std::string host;  // a name or an address, IPv6 without brackets
  int port = 0;
  std::string unix_path;  // not empty: a Unix socket, and neither host nor port

  std::string ToString() const;  // "host:port", "[::1]:6379" or the path
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct Tls {
  bool enable = false;
  std::string ca_file;      // PEM; empty: the system's
  std::string server_name;  // SNI, and the name the certificate must have; empty: the endpoint's host
};

struct Options {
  enum class Kind { kStandalone, kSentinel, kCluster };

  Kind kind = Kind::kStandalone;
  // The server; the sentinels, asked in this order; some nodes of the cluster.
  std::vector<Endpoint> endpoints;
  std::string username;  // empty: the default user
  std::string password;  // empty: no AUTH is sent, whatever the username
  int db = 0;
  Tls tls;
  std::string sentinel_master;  // the name under which the sentinels know the master
  std::string sentinel_password;
  absl::Duration connect_timeout = absl::Seconds(5);  // one attempt: name, TCP, TLS, AUTH
  // How long a call waits unless it says otherwise, and how long a connection that owes replies may be silent.
  absl::Duration command_timeout = absl::Seconds(3);
  // Whether a call waits, until its time is up, for a server that refuses connections; else it fails at once, with
  // REDIS_UNAVAILABLE.
  bool patient = true;
  std::string client_name;  // CLIENT SETNAME; empty: none
  int connections = 1;      // sockets to each server, shared by all threads
};

// Reads an address:
//
//   host:port
//   redis://[[user]:password@]host[:port][/db]       rediss:// the same over TLS
//   redis-socket://[[user]:password@]/path[?db=n]
//   redis-sentinel://[:sentinel password@]host[:port],...[/db]?master=name
//   redis-cluster://[[user]:password@]host[:port],...   rediss-cluster:// the same over TLS
//
// IPv6 addresses stand in brackets; user, password, path and master may be percent-encoded. Ports default to 6379,
// those of sentinels to 26379. INVALID_ARGUMENT naming REDIS.ADDR, without repeating the address.
absl::StatusOr<Options> ParseAddress(std::string_view address);

// The section REDIS of the configuration.
struct ServerOptions {
  std::string addr;      // see ParseAddress
  std::string username;  // not empty: instead of that of the address
  std::string password;  // not empty: instead of that of the address
  int db = 0;            // not 0: instead of that of the address
};
absl::StatusOr<Options> ParseServer(const ServerOptions& server);

}  // namespace smallbiznis::redis
