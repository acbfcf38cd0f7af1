// Errors that say whose they are.
#pragma once

#include <exception>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "fmt/format.h"
#include "pkg/text/view.h"

namespace smallbiznis::fx {

// `status` with "name: " before its message; its payloads (reason, fields) stay.
inline absl::Status Named(std::string_view name, const absl::Status& status) {
  if (status.ok()) return status;
  absl::Status named(status.code(), fmt::format("{}: {}", name, text::ToStd(status.message())));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& value) { named.SetPayload(type, value); });
  return named;
}

// What `call` answers; INTERNAL when it throws.
template <class Call>
absl::Status Guarded(Call&& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("exception: {}", error.what()));
  } catch (...) {
    return absl::InternalError("unknown exception");
  }
}

}  // namespace smallbiznis::fx
