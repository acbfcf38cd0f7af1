// Which of many rules can be true of one input, without evaluating them all.
//
//   RuleIndex index(env);
//   auto program = env->Compile("tier == 'gold' && total > 100");
//   RETURN_IF_ERROR(index.Update({{.id = 7, .priority = 10, .program = *program}}));
//
//   std::shared_ptr<const RuleSnapshot> rules = index.snapshot();
//   std::vector<const IndexedRule*> candidates;
//   rules->Lookup(activation, Want::kMatchesAndErrors, arena, candidates);
//   for (const IndexedRule* rule : candidates) {
//     auto result = rule->program.Evaluate(activation, arena, limits);
//   }
//
// Of each rule one conjunct is its access predicate: `path == c`, `path in [c, ...]`, `c in path`, `path < c` and the
// like, `path.startsWith(c)`, `path` or `!path` of a bool, or several of these on one path joined by || (equalities,
// prefixes) or && (bounds). A path is a variable with fields and constant indices; a constant is what compiling came
// to. Of several conjuncts the one is taken that the fewest inputs pass, as if values were spread like the constants of
// the rules. A rule with none is a candidate always.
//
// What is left out, and why that is right: a conjunct that is false makes && false whatever the others are, errors too
// (cel-spec, "Logical Operators"). So a rule whose access predicate is definitely false is not matched, and not an
// error either. The one difference from a loop over all rules: a rule that would have hit its cost limit before it came
// to the false conjunct is not evaluated, and so hits nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "pkg/cel/cel.h"

namespace smallbiznis::cel {

struct IndexedRule {
  uint64_t id = 0;       // the caller's
  int64_t priority = 0;  // the caller's; higher first
  Program program;
};

// kMatches leaves out the rules whose access predicate is an error (its attribute is missing, or of a type without such
// an operator): they are false or an error, never true. kMatchesAndErrors has them too, so that evaluating the
// candidates tells every error that a loop over all rules tells. A missing attribute then costs an evaluation for each
// rule that is found by it, unless the rule asks has() of it first.
enum class Want : uint8_t { kMatches, kMatchesAndErrors };

class Segment;

// The rules at one moment. Immutable and thread-safe.
class RuleSnapshot {
 public:
  // Appends the candidates in order: highest priority first, then lowest id, each once. They live as long as the
  // snapshot. An unknown variable's rules are all candidates. `arena` is for fields of messages.
  void Lookup(const Activation& activation, Want want, Arena& arena, std::vector<const IndexedRule*>& candidates) const;

  size_t size() const { return size_; }
  // Of all rules, those that have no access predicate.
  size_t always_candidates() const;
  // Memory of the index, without the programs: about 100 bytes a rule.
  size_t bytes() const;

 private:
  friend class RuleIndex;
  struct Part {
    std::shared_ptr<const Segment> segment;
    std::shared_ptr<const std::vector<bool>> removed;  // by the rule's place in the segment; null for none
    size_t alive = 0;
  };
  std::shared_ptr<const Env> env_;
  std::vector<Part> parts_;  // each at least twice as large as the next
  size_t size_ = 0;
};

// Keeps the newest snapshot. Thread-safe: readers take the snapshot and never wait for an update that is being made.
class RuleIndex {
 public:
  explicit RuleIndex(std::shared_ptr<const Env> env);
  ~RuleIndex();
  RuleIndex(const RuleIndex&) = delete;
  RuleIndex& operator=(const RuleIndex&) = delete;

  // Makes a snapshot without the `removed` ids and with the `added` rules, and publishes it: readers see all of it or
  // nothing. A rule whose id is there already takes its place; an unknown id in `removed` is ignored. Costs about
  // log(n) insertions for each rule, in groups; one copy of a bit for each rule of the parts that lose one.
  //   INVALID_ARGUMENT    a program of another environment; an id that is twice in `added`. Nothing is changed then.
  absl::Status Update(std::vector<IndexedRule> added, const std::vector<uint64_t>& removed = {});

  std::shared_ptr<const RuleSnapshot> snapshot() const;

 private:
  struct Place {
    const Segment* segment = nullptr;
    uint32_t rule = 0;
  };
  void Remove(const std::vector<uint64_t>& ids, std::vector<RuleSnapshot::Part>& parts);
  void Append(std::vector<IndexedRule> rules, std::vector<RuleSnapshot::Part>& parts);

  const std::shared_ptr<const Env> env_;
  std::mutex updates_;                          // held while a snapshot is made
  std::unordered_map<uint64_t, Place> places_;  // guarded by updates_
  mutable std::mutex mutex_;                    // held for the copy of a pointer
  std::shared_ptr<const RuleSnapshot> snapshot_;
};

}  // namespace smallbiznis::cel
