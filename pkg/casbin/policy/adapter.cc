#include <fmt/format.h>

#include <fstream>

#include "pkg/casbin/policy.h"
#include "pkg/casbin/policy/csv.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

absl::Status LoadText(std::string_view text, RuleSink& sink) {
  CsvLine fields;
  for (uint32_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::StatusOr<bool> any = fields.Split(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!any.ok()) {
      return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_POLICY",
                           fmt::format("policy line {}: {}", line, std::string(any.status().message())));
    }
    if (!*any) continue;
    const std::span<const std::string_view> values(fields.fields());
    RETURN_IF_ERROR(sink.Add(values[0], values.subspan(1), line));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FileAdapter::Load(RuleSink& sink) {
  std::ifstream file(path_, std::ios::binary | std::ios::ate);
  std::string text(file ? static_cast<size_t>(std::max<std::streamoff>(file.tellg(), 0)) : 0, '\0');
  if (!file || !file.seekg(0) || !file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return status::Error(absl::StatusCode::kNotFound, "CASBIN_POLICY",
                         fmt::format("policy file {} cannot be read", path_));
  }
  return LoadText(text, sink);
}

absl::Status TextAdapter::Load(RuleSink& sink) {
  return LoadText(csv_, sink);
}

absl::Status RulesAdapter::Load(RuleSink& sink) {
  std::vector<std::string_view> values;
  for (const Rule& rule : rules_) {
    values.assign(rule.values.begin(), rule.values.end());
    RETURN_IF_ERROR(sink.Add(rule.section, values, rule.line));
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::casbin
