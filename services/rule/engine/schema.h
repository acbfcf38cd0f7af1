// Triggers: the events at which rules are evaluated, with the attributes that their expressions may name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/cel/cel.h"
#include "pkg/status/status.h"

namespace smallbiznis::rule {

// Beside its own attributes every trigger has this one: the time of the event.
inline constexpr char kNow[] = "now";

struct Attribute {
  std::string name;
  std::string type;  // the language's notation: "int", "list(map(string, dyn))", "money(IDR)"
  std::string description;
  bool required = false;  // a context without it is refused

  friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Trigger {
  std::string name;
  std::string description;
  std::vector<Attribute> attributes;
  bool built_in = false;
  absl::Time created_at;  // of a tenant's own
  absl::Time updated_at;
};

// What is wrong with a trigger that a tenant declares, by field ("attributes[2].type").
std::vector<status::FieldViolation> Violations(const Trigger& trigger);
bool IsTriggerName(std::string_view name);

// Those of the platform, by name.
const std::vector<Trigger>& BuiltInTriggers();
// Null when the platform has none of the name.
const Trigger* FindBuiltIn(std::string_view name);

// The attributes as an environment of the expression language. Immutable and thread-safe.
class Schema {
 public:
  struct Field {
    Attribute attribute;
    cel::Type type;
  };

  // For a trigger without Violations().
  static absl::StatusOr<std::shared_ptr<const Schema>> Create(const Trigger& trigger);

  // How its expressions are read.
  static cel::ParseOptions parse_options();

  const std::string& trigger() const { return trigger_; }
  const cel::Env& env() const { return *env_; }
  const std::shared_ptr<const cel::Env>& shared_env() const { return env_; }
  // The place of each is that of its variable.
  const std::vector<Field>& fields() const { return fields_; }
  int now() const { return static_cast<int>(fields_.size()); }

 private:
  Schema() = default;

  std::string trigger_;
  std::vector<Field> fields_;
  std::shared_ptr<const cel::Env> env_;
};

}  // namespace smallbiznis::rule
