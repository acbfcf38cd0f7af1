// For tests of whatever takes a Config.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/config/config.h"
#include "pkg/config/source.h"

namespace smallbiznis::config {

// Settings that are known: {{"DATABASE.PORT", "5433"}}.
class FixedSource final : public Source {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  explicit FixedSource(Settings settings) : settings_(std::move(settings)) {}

  std::string_view name() const override { return "fixed"; }

  absl::StatusOr<std::vector<Entry>> Read() override {
    std::vector<Entry> entries;
    for (const auto& [key, text] : settings_) {
      entries.push_back({.key = key, .value = {.text = text}, .origin = "fixed " + key});
    }
    return entries;
  }

 private:
  const Settings settings_;
};

// The defaults with `settings` over them; nothing from the machine it runs on.
inline absl::StatusOr<Config> LoadSettings(FixedSource::Settings settings) {
  FixedSource fixed(std::move(settings));
  Source* const sources[] = {&fixed};
  return Config::Load(sources);
}

}  // namespace smallbiznis::config
