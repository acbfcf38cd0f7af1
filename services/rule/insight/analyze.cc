#include "services/rule/insight/analyze.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "services/rule/engine/context.h"
#include "services/rule/insight/constraints.h"

namespace smallbiznis::rule {
namespace {

constexpr size_t kMaxExamples = 8;  // that are tried for one claim

struct Read {
  RulePtr rule;
  std::optional<Constraints> holds;  // where it is true
  std::optional<Constraints> fails;  // where it is false
};

// Asks rules about contexts that were made up.
class Trial {
 public:
  Trial(const RuleSet& set, absl::Time now) : set_(set), now_(now) {}

  bool Matches(const RulePtr& rule, const std::string& context) {
    cel::Arena context_arena, arena;
    cel::Activation activation(set_.schema()->env());
    if (!ReadContext(*set_.schema(), context, now_, context_arena, activation).ok()) return false;
    Bounds bounds;
    return Evaluate(rule, activation, arena, bounds).outcome == Outcome::kMatched;
  }

  bool Fires(const RulePtr& rule, const std::string& context) {
    cel::Arena arena;
    cel::Activation activation(set_.schema()->env());
    if (!ReadContext(*set_.schema(), context, now_, arena, activation).ok()) return false;
    const Batch batch = set_.Evaluate(activation, {.time = now_, .most_not_matched = 0});
    return std::any_of(batch.results.begin(), batch.results.end(), [&](const Result& result) {
      return result.rule == rule && result.outcome == Outcome::kMatched;
    });
  }

 private:
  const RuleSet& set_;
  const absl::Time now_;
};

// The first of the alternatives' examples that `holds` says yes to.
template <class Holds>
std::string FindExample(const std::vector<Alternative>& alternatives, const Schema& schema, Holds holds) {
  size_t tried = 0;
  for (const Alternative& alternative : alternatives) {
    if (tried++ == kMaxExamples) break;
    const std::optional<std::string> example = ExampleOf(alternative, schema);
    if (example && holds(*example)) return *example;
  }
  return "";
}

std::vector<Alternative> Together(const Constraints& a, const Constraints& b, const Schema& schema) {
  std::vector<Alternative> both;
  for (const Alternative& left : a.alternatives) {
    for (const Alternative& right : b.alternatives) {
      Alternative each = Alternative::Both(left, right);
      if (!each.Impossible(schema)) both.push_back(std::move(each));
    }
  }
  return both;
}

bool ComputesAmounts(const CompiledRule& rule) {
  return std::any_of(rule.amounts.begin(), rule.amounts.end(), [](const auto& amount) { return amount.has_value(); });
}

bool WindowHas(const CompiledRule& outer, const CompiledRule& inner) {
  const Content &a = outer.content, &b = inner.content;
  return (!a.valid_from || (b.valid_from && *b.valid_from >= *a.valid_from)) &&
         (!a.valid_until || (b.valid_until && *b.valid_until <= *a.valid_until));
}

bool WindowsMeet(const CompiledRule& one, const CompiledRule& other) {
  const Content &a = one.content, &b = other.content;
  return (!a.valid_until || !b.valid_from || *b.valid_from < *a.valid_until) &&
         (!b.valid_until || !a.valid_from || *a.valid_from < *b.valid_until);
}

class Analyzer {
 public:
  Analyzer(const RuleSet& set, const AnalysisOptions& options)
      : set_(set), options_(options), trial_(set, options.now) {}

  Analysis Run() {
    const size_t count = std::min(set_.rules().size(), options_.most_rules);
    analysis_.truncated = count < set_.rules().size();
    for (size_t i = 0; i < count; ++i) {
      const RulePtr& rule = set_.rules()[i];
      reads_.push_back({rule, ConstraintsOf(*rule, false), ConstraintsOf(*rule, true)});
    }
    for (size_t i = 0; i < count && !Late(); ++i) analysis_.rules.push_back(FindingOf(i));
    for (size_t i = 0; i < count && !Late(); ++i) {
      for (size_t j = i + 1; j < count && !Late(); ++j) AddOverlap(reads_[i], reads_[j]);
    }
    return std::move(analysis_);
  }

 private:
  bool Late() {
    const bool late =
        analysis_.overlaps.size() >= options_.most_overlaps || std::chrono::steady_clock::now() > options_.deadline;
    analysis_.truncated = analysis_.truncated || late;
    return late;
  }

  RuleFinding FindingOf(size_t at) {
    const Read& read = reads_[at];
    RuleFinding finding{.rule = read.rule, .reason = {}, .example = {}};
    finding.reason = WhyUnreachable(at);
    if (!finding.reason.empty()) {
      finding.unreachable = Proof::kProven;
    } else if (read.holds) {
      finding.example = FindExample(read.holds->alternatives, schema(),
                                    [&](const std::string& context) { return trial_.Fires(read.rule, context); });
      if (!finding.example.empty()) finding.unreachable = Proof::kRefuted;
    }
    finding.always_true = AlwaysTrue(read);
    if (finding.always_true == Proof::kProven && finding.reason.empty())
      finding.reason = "the condition cannot be false";
    return finding;
  }

  // Why the rule never fires; empty where that is not proven.
  std::string WhyUnreachable(size_t at) {
    const Read& read = reads_[at];
    if (!read.rule->condition) return "it does not compile any more";
    if (read.rule->content.valid_until && *read.rule->content.valid_until <= options_.now) return "its window is over";
    if (!read.holds) return "";
    if (read.holds->alternatives.empty()) return "the condition cannot be true";
    for (size_t i = 0; i < at; ++i) {
      if (TakesThePlaceOf(reads_[i], read)) {
        return fmt::format("the rule {} always matches where it does, and comes first", reads_[i].rule->id.value());
      }
    }
    return "";
  }

  // Where `later` is true, `earlier` is true and no error, and ends the evaluation or its group.
  bool TakesThePlaceOf(const Read& earlier, const Read& later) {
    const Content &first = earlier.rule->content, &second = later.rule->content;
    const bool stops = first.stop_on_match && first.exclusive_group.empty();
    const bool excludes = !first.exclusive_group.empty() && first.exclusive_group == second.exclusive_group;
    if (!(stops || excludes) || !earlier.fails || !earlier.fails->total) return false;
    if (ComputesAmounts(*earlier.rule) || !WindowHas(*earlier.rule, *later.rule)) return false;
    return Together(*later.holds, *earlier.fails, schema()).empty();
  }

  Proof AlwaysTrue(const Read& read) {
    if (!read.rule->condition) return Proof::kRefuted;
    const std::optional<std::string> least = ExampleOf({}, schema());
    if (least && !MatchesCondition(read.rule, *least)) return Proof::kRefuted;
    if (!read.fails) return Proof::kUnknown;
    if (read.fails->alternatives.empty()) return read.fails->total ? Proof::kProven : Proof::kUnknown;
    const std::string example = FindExample(read.fails->alternatives, schema(), [&](const std::string& context) {
      return !MatchesCondition(read.rule, context);
    });
    return example.empty() ? Proof::kUnknown : Proof::kRefuted;
  }

  // Whatever becomes of its amounts. A context that cannot be read says nothing: it counts as matched.
  bool MatchesCondition(const RulePtr& rule, const std::string& context) {
    cel::Arena context_arena, arena;
    cel::Activation activation(schema().env());
    if (!ReadContext(schema(), context, options_.now, context_arena, activation).ok()) return true;
    const absl::StatusOr<cel::Value> value = rule->condition->Evaluate(activation, arena, {.cost = rule->cost_limit()});
    return value.ok() && value->is_true();
  }

  void AddOverlap(const Read& first, const Read& second) {
    if (!WindowsMeet(*first.rule, *second.rule)) return;
    Overlap overlap{.first = first.rule, .second = second.rule, .example = {}};
    if (first.holds && second.holds) {
      const std::vector<Alternative> both = Together(*first.holds, *second.holds, schema());
      if (both.empty()) return;
      overlap.example = FindExample(both, schema(), [&](const std::string& context) {
        return trial_.Matches(first.rule, context) && trial_.Matches(second.rule, context);
      });
    }
    if (!overlap.example.empty()) overlap.overlap = Proof::kProven;
    analysis_.overlaps.push_back(std::move(overlap));
  }

  const Schema& schema() const { return *set_.schema(); }

  const RuleSet& set_;
  const AnalysisOptions& options_;
  Trial trial_;
  std::vector<Read> reads_;
  Analysis analysis_;
};

}  // namespace

Analysis Analyze(const RuleSet& set, const AnalysisOptions& options) {
  return Analyzer(set, options).Run();
}

}  // namespace smallbiznis::rule
