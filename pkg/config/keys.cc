#include "pkg/config/keys.h"

#include <algorithm>

#include "pkg/config/checks.h"

namespace smallbiznis::config {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;

constexpr std::string_view kSslModes = "disable, allow, prefer, require, verify-ca, verify-full";
constexpr std::string_view kListenAddress = "host:port or :port";

constexpr Key kKeys[] = {
    {.path = "APP_ENV",
     .fallback = "development",
     .accepts = IsName,
     .expects = "a name of a-z, 0-9 and -",
     .help = "Which installation this is: development, staging, production"},
    {.path = "APP_NAME",
     .fallback = "controlplane",
     .accepts = IsName,
     .expects = "a name of a-z, 0-9 and -",
     .help = "The program's name in logs, metrics and the API description"},
    {.path = "APP_VERSION",
     .fallback = "dev",
     .accepts = IsNotEmpty,
     .expects = "a version",
     .help = "The version that runs"},
    {.path = "ROOT_DOMAIN",
     .fallback = "smallbiznis.localhost",
     .accepts = IsHostName,
     .expects = "a domain name in lower case",
     .help = "A tenant's default domain is <slug>.ROOT_DOMAIN"},
    {.path = "SECRET_AES",
     .secret = true,
     .help = "Master key for API keys, page tokens and sealed values: 64 hex digits, or base64 of 32 bytes"},
    {.path = "REQUEST_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "30s",
     .min = 10,
     .max = kHour,
     .help = "How long an RPC may take whose caller sets no deadline"},

    {.path = "LOG.LEVEL",
     .type = Type::kChoice,
     .fallback = "info",
     .choices = "debug, info, warn, error",
     .help = "Least level that is written"},

    {.path = "HTTP_SERVER.ADDR",
     .fallback = ":8080",
     .accepts = IsListenAddress,
     .expects = kListenAddress,
     .help = "Where REST, Connect and gRPC-Web are served; :port is every interface, port 0 picks a free one"},
    {.path = "HTTP_SERVER.UNIX_SOCKET",
     .accepts = IsSocketPath,
     .expects = "a path of at most 107 bytes",
     .help = "Serve on this Unix socket too"},
    {.path = "HTTP_SERVER.READ_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "30s",
     .min = 10,
     .max = kHour,
     .help = "From the first byte of a request to its last"},
    {.path = "HTTP_SERVER.WRITE_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "30s",
     .min = 10,
     .max = kHour,
     .help = "For writing an answer"},
    {.path = "HTTP_SERVER.IDLE_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "1m",
     .min = 10,
     .max = kHour,
     .help = "Between two requests on a connection"},
    {.path = "HTTP_SERVER.TLS.ENABLE",
     .type = Type::kBool,
     .fallback = "false",
     .help = "Serve HTTPS, with the certificate of TLS"},
    {.path = "HTTP_SERVER.THREADS",
     .type = Type::kInt,
     .fallback = "1",
     .min = 1,
     .max = 64,
     .help = "Threads that read and write (requests run on WORKERS)"},
    {.path = "HTTP_SERVER.MAX_CONNECTIONS",
     .type = Type::kInt,
     .fallback = "10000",
     .min = 1,
     .max = 1'000'000,
     .help = "Connections beyond are answered 503"},
    {.path = "HTTP_SERVER.MAX_HEADER_BYTES",
     .type = Type::kInt,
     .fallback = "16384",
     .min = kKiB,
     .max = kMiB,
     .help = "A longer request header is answered 431"},
    {.path = "HTTP_SERVER.MAX_BODY_BYTES",
     .type = Type::kInt,
     .fallback = "4194304",
     .min = kKiB,
     .max = 1024 * kMiB,
     .help = "A longer request body is answered 413"},
    {.path = "HTTP_SERVER.MAX_JSON_DEPTH",
     .type = Type::kInt,
     .fallback = "64",
     .min = 4,
     .max = 1000,
     .help = "Nested objects and lists in a request"},
    {.path = "HTTP_SERVER.CORS_ALLOWED_ORIGINS",
     .type = Type::kTexts,
     .accepts = IsOrigin,
     .expects = "an origin such as https://shop.example, or *",
     .help = "Browsers from these origins may call; none: no CORS"},

    {.path = "GRPC_SERVER.ADDR",
     .fallback = ":9090",
     .accepts = IsListenAddress,
     .expects = kListenAddress,
     .help = "Where gRPC is served; :port is every interface, port 0 picks a free one"},
    {.path = "GRPC_SERVER.UNIX_SOCKET",
     .accepts = IsSocketPath,
     .expects = "a path of at most 107 bytes",
     .help = "Serve on this Unix socket too"},
    {.path = "GRPC_SERVER.IDLE_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "5m",
     .min = kSecond,
     .max = 24 * kHour,
     .help = "A connection without a call is closed after this"},
    {.path = "GRPC_SERVER.TLS.ENABLE",
     .type = Type::kBool,
     .fallback = "false",
     .help = "Serve TLS, with the certificate of TLS"},
    {.path = "GRPC_SERVER.MAX_MESSAGE_BYTES",
     .type = Type::kInt,
     .fallback = "4194304",
     .min = kKiB,
     .max = 1024 * kMiB,
     .help = "A longer request is RESOURCE_EXHAUSTED"},

    {.path = "TLS.CERT_PATH", .help = "Certificate chain, PEM"},
    {.path = "TLS.KEY_PATH", .help = "Private key, PEM"},

    {.path = "WORKERS.THREADS",
     .type = Type::kInt,
     .fallback = "16",
     .min = 1,
     .max = 1024,
     .help = "Requests that run at the same time"},
    {.path = "WORKERS.QUEUE_LIMIT",
     .type = Type::kInt,
     .fallback = "1024",
     .min = 1,
     .max = 1'000'000,
     .help = "Requests that wait for a worker; beyond: RESOURCE_EXHAUSTED"},

    {.path = "DATABASE.HOST",
     .fallback = "127.0.0.1",
     .accepts = IsNotEmpty,
     .expects = "a host, an address or the folder of a Unix socket",
     .help = "PostgreSQL's host, or socket folder"},
    {.path = "DATABASE.PORT",
     .type = Type::kInt,
     .fallback = "5432",
     .min = 1,
     .max = 65535,
     .help = "PostgreSQL's port"},
    {.path = "DATABASE.USER",
     .fallback = "smallbiznis",
     .accepts = IsNotEmpty,
     .expects = "a role",
     .help = "The role of the program: neither owner of the tables nor BYPASSRLS"},
    {.path = "DATABASE.PASSWORD", .secret = true, .help = "The role's password"},
    {.path = "DATABASE.DBNAME",
     .fallback = "smallbiznis",
     .accepts = IsNotEmpty,
     .expects = "a database",
     .help = "The database"},
    {.path = "DATABASE.SSLMODE",
     .type = Type::kChoice,
     .fallback = "prefer",
     .choices = kSslModes,
     .help = "As libpq's sslmode"},
    {.path = "DATABASE.STARTUP_TIMEOUT",
     .type = Type::kDuration,
     .fallback = "1m",
     .min = 0,
     .max = kHour,
     .help = "How long to wait for a database that is still starting"},
    {.path = "DATABASE.CONNECTION_POOL.MAX_OPEN_CONNS",
     .type = Type::kInt,
     .fallback = "16",
     .min = 1,
     .max = 1000,
     .help = "Connections in all"},
    {.path = "DATABASE.CONNECTION_POOL.MAX_IDLE_CONNS",
     .type = Type::kInt,
     .fallback = "16",
     .min = 0,
     .max = 1000,
     .help = "Connections kept open unused"},
    {.path = "DATABASE.CONNECTION_POOL.CONN_MAX_LIFETIME",
     .type = Type::kDuration,
     .fallback = "30m",
     .min = kSecond,
     .max = 24 * kHour,
     .help = "A connection is replaced at this age"},
    {.path = "DATABASE.CONNECTION_POOL.CONN_MAX_IDLE_TIME",
     .type = Type::kDuration,
     .fallback = "5m",
     .min = kSecond,
     .max = 24 * kHour,
     .help = "A connection is closed when unused for this long"},

    {.path = "REDIS.ADDR",
     .fallback = "127.0.0.1:6379",
     .accepts = IsPeerAddress,
     .expects = "host:port",
     .help = "Redis"},
    {.path = "REDIS.USERNAME", .help = "ACL user; empty: the default user"},
    {.path = "REDIS.PASSWORD", .secret = true, .help = "The user's password"},
    {.path = "REDIS.DB", .type = Type::kInt, .fallback = "0", .min = 0, .max = 65535, .help = "Database number"},
};

}  // namespace

std::span<const Key> Keys() {
  return kKeys;
}

const Key* FindKey(std::string_view path) {
  const Key* key = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& k) { return k.path == path; });
  return key == std::end(kKeys) ? nullptr : key;
}

bool IsSection(std::string_view path) {
  return std::any_of(std::begin(kKeys), std::end(kKeys), [&](const Key& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
  });
}

std::string EnvironmentName(std::string_view path) {
  std::string name(path);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace smallbiznis::config
