// May this subject do this? Casbin's models and policies, compiled: a check looks rules up, it does not walk them.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/casbin/function.h"
#include "pkg/casbin/policy.h"
#include "pkg/casbin/value.h"

namespace smallbiznis::casbin {

class Engine;
class Snapshot;

struct Options {
  // Functions of the matchers beside the built-in ones, by name. A built-in name is refused.
  std::map<std::string, Function> functions;

  // By role definition ("g", "g2"): which names a role pattern means, which domains a domain pattern means.
  std::map<std::string, MatchingFunction> role_matching;
  std::map<std::string, MatchingFunction> domain_matching;

  // Conditional roles, of a definition such as `g = _, _, (_, _)`. By definition: every link holds only while this says
  // so, which is called with the link's own parameters.
  std::map<std::string, LinkCondition> link_conditions;

  // The same for one link from `user` to `role`. As with Casbin, `domain` is compared with the domain that is asked
  // about for the user's own links and is taken as empty for those further up: prefer link_conditions there.
  struct Condition {
    std::string definition = "g";
    std::string user;
    std::string role;
    std::string domain;
    LinkCondition holds;
  };
  std::vector<Condition> conditions;

  // By policy definition: the column that orders the rules, when it is not called `priority`.
  std::map<std::string, int> priority_column;

  // Texts of a request that are JSON objects are taken as objects.
  bool json_requests = false;
};

// Which definitions of the model a check goes by: {"r2", "p2", "e2", "m2"}.
struct Sections {
  std::string request = "r";
  std::string policy = "p";
  std::string effect = "e";
  std::string matcher = "m";
};

struct Decision {
  bool allowed = false;
};

// A chain of roles: alice, editor, reader.
struct RolePath {
  std::string definition;  // "g"
  std::string domain;      // empty without one
  std::vector<std::string> names;
};

struct Explanation {
  bool allowed = false;
  // The rule that decided. None: no rule allowed or denied it, and `allowed` is what the effect says of that.
  std::optional<Rule> rule;
  // How the request's names reach the rule's, one for each role definition that the matcher asks.
  std::vector<RolePath> roles;

  // One line for people: `allowed by p, editor, data1, read (line 7): alice > editor`.
  std::string ToText() const;
};

// A model and its current policy. Thread-safe: checks run on an immutable snapshot and never wait for a reload, which
// swaps it as a whole or, on an error, not at all. Before the first Load the policy is empty.
class Enforcer {
 public:
  // Compiles the model, the text of a Casbin .conf. INVALID_ARGUMENT, reason CASBIN_MODEL, naming section and key; an
  // unknown function or field, a wrong number of arguments, an effect that is not one of Casbin's five are found here.
  static absl::StatusOr<std::unique_ptr<Enforcer>> Create(std::string_view model, Options options = {});
  ~Enforcer();

  // Replaces the policy. On an error the old one stays.
  absl::Status Load(Adapter& adapter);

  // Removes and adds rules in one swap. Costs time and memory in proportion to the whole policy. NOT_FOUND, reason
  // CASBIN_RULE, when one that is to go is not there; then nothing changes.
  absl::Status Change(std::span<const Rule> remove, std::span<const Rule> add);

  // The rules of the current policy, section by section, in the order in which they are asked.
  std::vector<Rule> rules() const;

  // Whether the request, the fields of `r` in their order, is allowed. An error never allows: INVALID_ARGUMENT, reason
  // CASBIN_REQUEST (wrong number of fields, unknown section) or CASBIN_MATCHER (the matcher cannot be evaluated for
  // this request: a wrong type, a malformed pattern, an attribute that is not there).
  absl::StatusOr<Decision> Enforce(std::initializer_list<std::string_view> request) const;
  absl::StatusOr<Decision> Enforce(std::span<const std::string_view> request) const;
  absl::StatusOr<Decision> Enforce(std::span<const Value> request, const Sections& sections = {}) const;

  // The same decision, and why. Slower.
  absl::StatusOr<Explanation> Explain(std::span<const Value> request, const Sections& sections = {}) const;

 private:
  explicit Enforcer(std::unique_ptr<const Engine> engine);

  std::shared_ptr<const Snapshot> snapshot() const;
  void Swap(std::shared_ptr<const Snapshot> next);

  const std::unique_ptr<const Engine> engine_;
  std::mutex writers_;  // one Load or Change at a time
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::casbin
