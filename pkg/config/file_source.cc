#include "pkg/config/file_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "pkg/config/keys.h"
#include "pkg/status/status.h"
#include "yaml-cpp/yaml.h"

namespace smallbiznis::config {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto refuse = [&](int error) {
    const std::string message = fmt::format("{}: {}", path, std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return refuse(EISDIR);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(errno != 0 ? errno : EIO);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) return refuse(EIO);
  // yaml-cpp 0.7 takes the end of a file after a line break for the end of a quoted scalar that was never closed, and
  // with it everything in between. A comment without a line break makes that an error.
  text += text.empty() || text.ends_with('\n') ? "#" : "\n#";
  return text;
}

// Walks the sections and lists what is in them.
class Walker {
 public:
  explicit Walker(const std::string& path) : path_(path) {}

  absl::Status Section(const std::string& section, const YAML::Node& map) {
    std::map<std::string, std::string> first_places;
    for (const auto& item : map) {
      const std::string place = Place(item.first);
      if (!item.first.IsScalar()) return absl::InvalidArgumentError(fmt::format("{}: a key is not a text", place));
      const std::string& name = item.first.Scalar();
      const std::string key = section.empty() ? name : fmt::format("{}.{}", section, name);
      const auto [first, is_new] = first_places.emplace(name, place);
      if (name.find('.') != name.npos) {
        return absl::InvalidArgumentError(
            fmt::format("{}: {} has a dot: keys stand below their sections, A: {{B: value}}", place, Shown(key)));
      }
      Entry entry{.key = key, .value = ToRaw(item.second), .origin = fmt::format("{}: {}", place, Shown(key))};
      if (!is_new) entry.first_place = first->second;
      if (is_new && IsSection(key) && (item.second.IsMap() || item.second.IsNull())) {
        RETURN_IF_ERROR(Section(key, item.second));
      } else {
        entries_.push_back(std::move(entry));
      }
    }
    return absl::OkStatus();
  }

  std::string Place(const YAML::Node& node) const { return fmt::format("{}:{}", path_, node.Mark().line + 1); }

  std::vector<Entry> TakeEntries() { return std::move(entries_); }

 private:
  // The key as a message shows it: plain when it looks like one.
  static std::string Shown(const std::string& key) {
    const bool plain =
        key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string::npos;
    return plain && key.size() <= 100 ? key : Quoted(key);
  }

  static RawValue ToRaw(const YAML::Node& node) {
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return {.kind = RawValue::Kind::kText, .text = node.Scalar()};
      case YAML::NodeType::Sequence: {
        RawValue raw{.kind = RawValue::Kind::kList};
        for (const YAML::Node& item : node) {
          if (!item.IsScalar()) return {.kind = RawValue::Kind::kNestedList};
          raw.list.push_back(item.Scalar());
        }
        return raw;
      }
      case YAML::NodeType::Map:
        return {.kind = RawValue::Kind::kSection};
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        return {.kind = RawValue::Kind::kNothing};
    }
    return {};
  }

  const std::string& path_;
  std::vector<Entry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<Entry>> FileSource::Read() {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path_));
  Walker walker(path_);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      return absl::InvalidArgumentError(fmt::format("{}: a second document (---) begins", walker.Place(documents[1])));
    }
    if (documents.empty() || documents[0].IsNull()) return std::vector<Entry>();
    if (!documents[0].IsMap()) {
      return absl::InvalidArgumentError(fmt::format("{}: KEY: value is expected", walker.Place(documents[0])));
    }
    RETURN_IF_ERROR(walker.Section("", documents[0]));
  } catch (const YAML::Exception& error) {
    // What ends too early is reported behind the last line: the comment that ReadFile added.
    const int last_line = std::max<int>(1, std::count(text.begin(), text.end(), '\n'));
    const int line = error.mark.is_null() ? last_line : std::min(error.mark.line + 1, last_line);
    return absl::InvalidArgumentError(fmt::format("{}:{}: YAML syntax: {}", path_, line, error.msg));
  }
  return walker.TakeEntries();
}

}  // namespace smallbiznis::config
