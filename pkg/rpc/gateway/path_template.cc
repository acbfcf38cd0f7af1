#include "pkg/rpc/gateway/path_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/rpc/gateway/percent.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using Segment = PathTemplate::Segment;

bool IsIdentifier(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Unreserved and sub-delimiter characters of RFC 3986, "@", ":" and percent-encoded bytes.
bool IsLiteral(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~!$&'()+,;=@:%").find(c) != std::string_view::npos;
  });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<PathTemplate> Parse() {
    if (!Take('/')) return Fail("must begin with \"/\"");
    TakeVerb();
    do {
      RETURN_IF_ERROR(rest_.starts_with('{') ? ParseVariable() : ParseSegment("/"));
    } while (Take('/'));
    if (!rest_.empty()) return Fail(fmt::format("has \"{}\" where \"/\" or the end should be", rest_));
    RETURN_IF_ERROR(Check());
    return std::move(result_);
  }

 private:
  bool Take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The verb begins at the last ":" behind the last "/" and "}".
  void TakeVerb() {
    const size_t colon = rest_.rfind(':');
    if (colon == std::string_view::npos || rest_.find_first_of("/}", colon) != std::string_view::npos) return;
    result_.verb = std::string(rest_.substr(colon + 1));
    has_verb_ = true;
    rest_ = rest_.substr(0, colon);
  }

  absl::Status ParseSegment(std::string_view ends) {
    const std::string_view token = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(token.size());
    if (token == "*" || token == "**") {
      result_.segments.push_back({token == "*" ? Segment::Kind::kOne : Segment::Kind::kRest, ""});
      return absl::OkStatus();
    }
    std::string literal;
    if (!IsLiteral(token) || !PercentDecode(token, PercentRule::kPath, &literal)) {
      return Fail(fmt::format("has the segment \"{}\"", token));
    }
    result_.segments.push_back({Segment::Kind::kLiteral, std::move(literal)});
    return absl::OkStatus();
  }

  absl::Status ParseVariable() {
    Take('{');
    PathTemplate::Variable variable;
    const std::string_view path = rest_.substr(0, rest_.find_first_of("=}"));
    rest_.remove_prefix(path.size());
    for (size_t from = 0; from <= path.size();) {
      const size_t dot = std::min(path.find('.', from), path.size());
      const std::string_view name = path.substr(from, dot - from);
      if (!IsIdentifier(name)) return Fail(fmt::format("has the field path \"{}\"", path));
      variable.field_path.emplace_back(name);
      from = dot + 1;
    }
    variable.first = result_.segments.size();
    if (Take('=')) {
      do {
        RETURN_IF_ERROR(ParseSegment("/}"));
      } while (Take('/'));
    } else {
      result_.segments.push_back({Segment::Kind::kOne, ""});
    }
    variable.end = result_.segments.size();
    if (!Take('}')) return Fail("has a \"{\" without \"}\"");
    result_.variables.push_back(std::move(variable));
    return absl::OkStatus();
  }

  absl::Status Check() const {
    if (has_verb_ && (!IsLiteral(result_.verb) || result_.verb.find(':') != std::string::npos)) {
      return Fail(fmt::format("has the verb \"{}\"", result_.verb));
    }
    for (size_t i = 0; i + 1 < result_.segments.size(); ++i) {
      if (result_.segments[i].kind == Segment::Kind::kRest) return Fail("has \"**\" before its end");
    }
    for (size_t i = 0; i < result_.variables.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (result_.variables[i].field_path == result_.variables[j].field_path) {
          return Fail(fmt::format("names {} twice", fmt::join(result_.variables[i].field_path, ".")));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Fail(std::string_view problem) const {
    return absl::InvalidArgumentError(fmt::format("the path \"{}\" {}", text_, problem));
  }

  const std::string_view text_;
  std::string_view rest_;
  bool has_verb_ = false;
  PathTemplate result_;
};

}  // namespace

absl::StatusOr<PathTemplate> ParsePathTemplate(std::string_view text) {
  return Parser(text).Parse();
}

PathSegments SplitPath(std::string_view path) {
  PathSegments segments;
  path.remove_prefix(1);
  while (true) {
    const size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

absl::StatusOr<std::string> Capture(const PathTemplate& path_template, const PathTemplate::Variable& variable,
                                    const PathSegments& segments) {
  const bool to_the_end = variable.end == path_template.segments.size() && path_template.open_ended();
  const size_t end = to_the_end ? segments.size() : variable.end;
  std::string value;
  if (end == variable.first) return value;
  const char* from = segments[variable.first].data();
  const std::string_view raw(from, segments[end - 1].data() + segments[end - 1].size() - from);
  const bool one = !to_the_end && variable.end - variable.first == 1;
  if (!PercentDecode(raw, one ? PercentRule::kPath : PercentRule::kPathKeepSlash, &value)) {
    return status::InvalidField(fmt::format("{}", fmt::join(variable.field_path, ".")),
                                "malformed percent-encoding in the path");
  }
  return value;
}

}  // namespace smallbiznis::rpc::gateway
