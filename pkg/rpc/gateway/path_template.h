// The paths of google.api.http (google/api/http.proto, "Path template syntax"):
//
//   /v1/{name=shelves/*/books/**}/parts:verb
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

namespace smallbiznis::rpc::gateway {

struct PathTemplate {
  struct Segment {
    enum class Kind { kLiteral, kOne, kRest };  // "shelves", "*", "**"
    Kind kind;
    std::string literal;  // percent-decoded

    friend bool operator==(const Segment&, const Segment&) = default;
  };
  // A field that takes the segments [first, end); with "**" at the end, all that are left.
  struct Variable {
    std::vector<std::string> field_path;  // {"tenant", "tenant_id"}
    size_t first;
    size_t end;

    friend bool operator==(const Variable&, const Variable&) = default;
  };

  std::vector<Segment> segments;
  std::vector<Variable> variables;
  std::string verb;  // "suspend"; empty when there is none

  bool open_ended() const { return !segments.empty() && segments.back().kind == Segment::Kind::kRest; }
};

// INVALID_ARGUMENT saying what is wrong with `text`.
absl::StatusOr<PathTemplate> ParsePathTemplate(std::string_view text);

// The segments of a request's path, still encoded.
using PathSegments = absl::InlinedVector<std::string_view, 12>;

// "/v1/tenants" is {"v1", "tenants"}, "/v1/" is {"v1", ""}, "/" is {""}. `path` begins with "/".
PathSegments SplitPath(std::string_view path);

// What `variable` of `path_template` takes of a path that matches it: percent-decoded, but for "%2F" when it spans more
// than one segment. INVALID_ARGUMENT naming the field when the encoding is malformed.
absl::StatusOr<std::string> Capture(const PathTemplate& path_template, const PathTemplate::Variable& variable,
                                    const PathSegments& segments);

}  // namespace smallbiznis::rpc::gateway
