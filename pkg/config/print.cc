// Config::Print.
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "pkg/config/config.h"
#include "pkg/config/keys.h"

namespace smallbiznis::config {
namespace {

// Words and paths stand as they are; all else, and what YAML 1.1 would not read as a text, in double quotes.
std::string YamlText(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool begins_well = !lower.empty() && ((lower[0] >= 'a' && lower[0] <= 'z') || lower[0] == '/');
  const std::string_view words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  if (begins_well && text.find_first_not_of(kPlain) == text.npos &&
      std::find(std::begin(words), std::end(words), lower) == std::end(words)) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(quoted), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

struct ValuePrinter {
  std::string operator()(const std::string& text) const { return YamlText(text); }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(absl::Duration value) const { return absl::FormatDuration(value); }
  std::string operator()(const std::vector<std::string>& texts) const {
    std::vector<std::string> items;
    for (const std::string& text : texts) items.push_back(YamlText(text));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
};

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    parts.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  parts.push_back(path);
  return parts;
}

}  // namespace

std::string Config::Print() const {
  std::string out;
  std::vector<std::string_view> open;  // the sections that the last line stands in
  for (const Key& key : Keys()) {
    const std::vector<std::string_view> parts = SplitPath(key.path);
    const size_t depth = parts.size() - 1;
    const auto common = std::mismatch(open.begin(), open.end(), parts.begin(), parts.begin() + depth);
    open.erase(common.first, open.end());
    for (size_t i = open.size(); i < depth; ++i) {
      fmt::format_to(std::back_inserter(out), "{:{}}{}:\n", "", 2 * i, parts[i]);
      open.push_back(parts[i]);
    }
    const Setting& setting = Find(key.path);
    const bool is_hidden = key.secret && setting.source != "default";
    fmt::format_to(std::back_inserter(out), "{:{}}{}: {}  # {}\n", "", 2 * depth, parts.back(),
                   is_hidden ? "\"***\"" : std::visit(ValuePrinter(), setting.value), setting.source);
  }
  return out;
}

}  // namespace smallbiznis::config
