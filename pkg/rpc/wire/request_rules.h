// What every request is checked for before its handler runs, compiled once from its descriptor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc {

// Immutable and thread-safe.
class RequestRules {
 public:
  explicit RequestRules(const google::protobuf::Descriptor* request);

  // INVALID_ARGUMENT naming, all at once, every field at fault, in nested messages too:
  //  - google.api.field_behavior REQUIRED and unset: an empty text, list or map, a number or enum that is 0 (a bool
  //    without presence is never unset);
  //  - a text that holds U+0000, which PostgreSQL cannot store.
  absl::Status Check(const google::protobuf::Message& request) const;

 private:
  struct Plan;
  struct Rule {
    const google::protobuf::FieldDescriptor* field;
    bool required;
    const Plan* nested;  // null unless the field holds messages
  };
  // The fields of one message type that have anything to be checked.
  struct Plan {
    std::vector<Rule> rules;
  };
  using Violations = std::vector<status::FieldViolation>;

  const Plan* Compile(const google::protobuf::Descriptor* type);
  static void CheckMessage(const Plan& plan, const google::protobuf::Message& message, const std::string& prefix,
                           Violations& out);
  static void CheckField(const Rule& rule, const google::protobuf::Message& message, const std::string& prefix,
                         Violations& out);

  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;  // a message type may hold itself
  const Plan* const root_;
};

}  // namespace smallbiznis::rpc
