// Handlers by task type.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/task/server/handler.h"

namespace smallbiznis::task {

// Registered before the server starts; called as a handler then, by many threads.
class Mux {
 public:
  using Middleware = std::function<Handler(Handler)>;

  // `pattern` is a type, or the beginning of types: the longest one that fits is taken, an equal one before all. False
  // when the pattern is empty or has a handler already.
  bool Handle(std::string pattern, Handler handler);
  // Wraps every handler, the first one outermost. Before the first Handle.
  void Use(Middleware middleware) { middlewares_.push_back(std::move(middleware)); }

  // NOT_FOUND, reason TASK_HANDLER_NOT_FOUND, when no pattern fits.
  absl::Status operator()(Attempt& attempt) const;

 private:
  const Handler* Find(std::string_view type) const;

  std::vector<Middleware> middlewares_;
  std::map<std::string, Handler, std::greater<>> handlers_;
};

}  // namespace smallbiznis::task
