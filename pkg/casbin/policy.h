// Where policy rules come from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace smallbiznis::casbin {

// `p, alice, data1, read`: section "p", values {"alice", "data1", "read"}.
struct Rule {
  std::string section;
  std::vector<std::string> values;
  uint32_t line = 0;  // in the policy file, from 1; 0 when it came from elsewhere

  // The line is where a rule stands, not what it says.
  friend bool operator==(const Rule& a, const Rule& b) { return a.section == b.section && a.values == b.values; }
};

// Takes rules one by one, in the order of the policy. A rule that is there already is skipped.
class RuleSink {
 public:
  virtual ~RuleSink() = default;

  // INVALID_ARGUMENT, reason CASBIN_POLICY, naming line, section and what is wrong. The views are read only until it
  // returns.
  virtual absl::Status Add(std::string_view section, std::span<const std::string_view> values, uint32_t line) = 0;
};

// A store of policies. Casbin's word for it.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // Gives every rule to `sink`, and stops at the first error. May be called again, by one thread at a time.
  virtual absl::Status Load(RuleSink& sink) = 0;
};

// A policy file, Casbin's CSV: one rule a line, `#` begins a comment line.
class FileAdapter final : public Adapter {
 public:
  explicit FileAdapter(std::string path) : path_(std::move(path)) {}

  // NOT_FOUND, reason CASBIN_POLICY, when the file cannot be read.
  absl::Status Load(RuleSink& sink) override;

 private:
  std::string path_;
};

// The same text from memory. `csv` must outlive it.
class TextAdapter final : public Adapter {
 public:
  explicit TextAdapter(std::string_view csv) : csv_(csv) {}
  absl::Status Load(RuleSink& sink) override;

 private:
  std::string_view csv_;
};

// Rules as values. `rules` must outlive it.
class RulesAdapter final : public Adapter {
 public:
  explicit RulesAdapter(std::span<const Rule> rules) : rules_(rules) {}
  absl::Status Load(RuleSink& sink) override;

 private:
  std::span<const Rule> rules_;
};

}  // namespace smallbiznis::casbin
