#include "pkg/config/config.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "pkg/config/environment_source.h"
#include "pkg/config/file_source.h"
#include "pkg/config/keys.h"
#include "pkg/config/nearest.h"
#include "pkg/text/view.h"

namespace smallbiznis::config {
namespace {

[[noreturn]] void EndProgram(std::string_view path, std::string_view mistake) {
  fmt::print(stderr, "config: {} {}\n", path, mistake);
  std::abort();
}

// What is wrong with where the entry stands, before its value is looked at; empty when nothing is.
std::string Misplacement(const Entry& entry) {
  if (!entry.first_place.empty()) return fmt::format("{} is set twice, first at {}", entry.origin, entry.first_place);
  if (FindKey(entry.key) != nullptr) return {};
  if (IsSection(entry.key)) return fmt::format("{} is a section: its keys stand below it", entry.origin);
  const std::string nearest = NearestPath(entry.key);
  return nearest.empty() ? fmt::format("{} is not a known key", entry.origin)
                         : fmt::format("{} is not a known key; did you mean {}?", entry.origin, nearest);
}

}  // namespace

absl::StatusOr<Config> Config::Load(std::span<Source* const> sources) {
  Config config;
  for (const Key& key : Keys()) {
    absl::StatusOr<Value> fallback = ParseValue(key, {.text = std::string(key.fallback)});
    if (!fallback.ok()) EndProgram(key.path, "has a default that its own check refuses");
    config.settings_[std::string(key.path)] = {*std::move(fallback), "default", std::string(key.path)};
  }
  std::vector<std::string> problems;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  for (Source* source : sources) {
    absl::StatusOr<std::vector<Entry>> entries = source->Read();
    if (!entries.ok()) {
      if (problems.empty()) code = entries.status().code();
      problems.emplace_back(text::ToStd(entries.status().message()));
      continue;
    }
    for (const Entry& entry : *entries) {
      if (std::string misplacement = Misplacement(entry); !misplacement.empty()) {
        problems.push_back(std::move(misplacement));
        continue;
      }
      absl::StatusOr<Value> value = ParseValue(*FindKey(entry.key), entry.value);
      if (value.ok()) {
        config.settings_[entry.key] = {*std::move(value), std::string(source->name()), entry.origin};
      } else {
        problems.push_back(fmt::format("{}: {}", entry.origin, text::ToStd(value.status().message())));
      }
    }
  }
  if (problems.empty()) problems = config.CrossChecks();
  if (!problems.empty()) return absl::Status(code, fmt::format("{}", fmt::join(problems, "\n")));
  return config;
}

// What no key alone can tell.
std::vector<std::string> Config::CrossChecks() const {
  std::vector<std::string> problems;
  for (const std::string_view server : {"HTTP_SERVER.TLS.ENABLE", "GRPC_SERVER.TLS.ENABLE"}) {
    if (!Bool(server)) continue;
    for (const std::string_view file : {"TLS.CERT_PATH", "TLS.KEY_PATH"}) {
      if (String(file).empty()) problems.push_back(fmt::format("{}: needs {}", Find(server).origin, file));
    }
  }
  return problems;
}

const Config::Setting& Config::Find(std::string_view path) const {
  const auto found = settings_.find(path);
  if (found == settings_.end()) EndProgram(path, "is not declared in keys.cc");
  return found->second;
}

template <class T>
const T& Config::Get(std::string_view path) const {
  const T* value = std::get_if<T>(&Find(path).value);
  if (value == nullptr) EndProgram(path, "is declared with another type");
  return *value;
}

const std::string& Config::String(std::string_view path) const {
  return Get<std::string>(path);
}
int Config::Int(std::string_view path) const {
  return static_cast<int>(Get<int64_t>(path));
}
bool Config::Bool(std::string_view path) const {
  return Get<bool>(path);
}
absl::Duration Config::Duration(std::string_view path) const {
  return Get<absl::Duration>(path);
}
const std::vector<std::string>& Config::Strings(std::string_view path) const {
  return Get<std::vector<std::string>>(path);
}

absl::Status Config::Invalid(std::string_view path, std::string_view problem) const {
  return absl::InvalidArgumentError(fmt::format("{}: {}", Find(path).origin, problem));
}

absl::StatusOr<Config> LoadConfig(const std::string& file, std::span<Source* const> further) {
  FileSource file_source(file);
  EnvironmentSource environment = EnvironmentSource::OfProcess();
  std::vector<Source*> sources;
  if (!file.empty()) sources.push_back(&file_source);
  sources.push_back(&environment);
  sources.insert(sources.end(), further.begin(), further.end());
  return Config::Load(sources);
}

}  // namespace smallbiznis::config
