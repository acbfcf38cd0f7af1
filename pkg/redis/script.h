// A Lua script that Redis runs by its digest.
#pragma once

#include <string>

namespace smallbiznis::redis {

// Make one of each script, once, and keep it: commands refer to it. Immutable.
class Script {
 public:
  explicit Script(std::string text);

  const std::string& text() const { return text_; }
  const std::string& sha() const { return sha_; }  // SHA-1, 40 hex digits in lower case

 private:
  std::string text_;
  std::string sha_;
};

}  // namespace smallbiznis::redis
