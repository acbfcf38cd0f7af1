#include "pkg/task/server/mux.h"

#include <fmt/format.h>

#include "pkg/status/status.h"

namespace smallbiznis::task {

bool Mux::Handle(std::string pattern, Handler handler) {
  if (pattern.empty()) return false;
  for (auto middleware = middlewares_.rbegin(); middleware != middlewares_.rend(); ++middleware) {
    handler = (*middleware)(std::move(handler));
  }
  return handlers_.emplace(std::move(pattern), std::move(handler)).second;
}

absl::Status Mux::operator()(Attempt& attempt) const {
  const Handler* const handler = Find(attempt.type());
  if (handler != nullptr) return (*handler)(attempt);
  return status::Error(absl::StatusCode::kNotFound, "TASK_HANDLER_NOT_FOUND",
                       fmt::format("handler not found for task \"{}\"", attempt.type()));
}

const Handler* Mux::Find(std::string_view type) const {
  // Every prefix of `type` is at or behind it in descending order, the longest first.
  for (auto found = handlers_.lower_bound(std::string(type)); found != handlers_.end(); ++found) {
    if (type.starts_with(found->first)) return &found->second;
  }
  return nullptr;
}

}  // namespace smallbiznis::task
