// What texts of the key table look like. Each answers whether `text` will do.
#pragma once

#include <string_view>

namespace smallbiznis::config {

bool IsNotEmpty(std::string_view text);
bool IsName(std::string_view text);           // "prod-eu1": a-z, 0-9, -
bool IsHostName(std::string_view text);       // "shop.example": lower case labels, no dot at the end
bool IsListenAddress(std::string_view text);  // "127.0.0.1:80", "localhost:0", "[::1]:80", ":80"
bool IsPeerAddress(std::string_view text);    // as above, with a host and a port other than 0
bool IsRedisAddress(std::string_view text);   // as above, or a URI whose scheme is one of Redis
bool IsSocketPath(std::string_view text);     // empty, or short enough for sockaddr_un
bool IsOrigin(std::string_view text);         // "https://shop.example:8443", "*"
bool IsPageOrigin(std::string_view text);     // as above, without "*"
bool IsIssuer(std::string_view text);         // empty, or an https URL without query and fragment
bool IsMailServer(std::string_view text);     // empty, or an address of a peer
bool IsCookieName(std::string_view text);     // "_SID", "__Host-session": letters, digits, _, -

}  // namespace smallbiznis::config
