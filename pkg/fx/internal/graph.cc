#include "pkg/fx/internal/graph.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "pkg/fx/internal/type_name.h"

namespace smallbiznis::fx {
namespace {

std::string DotQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

// A walk along the needs, depth first.
class Graph::Visit {
 public:
  // With `report_missing` off, a type that nobody provides is passed over.
  Visit(const Graph& graph, bool report_missing)
      : graph_(graph), report_missing_(report_missing), state_(graph.size(), State::kNew) {}

  void From(size_t index) {
    if (state_[index] == State::kDone) return;
    if (state_[index] == State::kOpen) return ReportCycle(index);
    state_[index] = State::kOpen;
    path_.push_back(index);
    for (const std::type_index type : graph_.step(index).option.needs) {
      if (const size_t provider = graph_.ProviderOf(type); provider != npos) {
        From(provider);
      } else if (report_missing_) {
        ReportMissing(index, type);
      }
    }
    path_.pop_back();
    state_[index] = State::kDone;
    order_.push_back(index);
  }

  const std::vector<size_t>& order() const { return order_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  enum class State { kNew, kOpen, kDone };

  std::string Chain(size_t first) const {
    std::vector<std::string> labels;
    for (size_t i = first; i < path_.size(); ++i) labels.push_back(graph_.Label(path_[i]));
    return fmt::format("{}", fmt::join(labels, " -> "));
  }

  void ReportMissing(size_t index, std::type_index type) {
    const std::string name = TypeName(type);
    problems_.push_back(
        fmt::format("{} needs {}: nobody provides it; chain: {} -> {}", graph_.Label(index), name, Chain(0), name));
  }

  void ReportCycle(size_t index) {
    const size_t first = std::find(path_.begin(), path_.end(), index) - path_.begin();
    problems_.push_back(fmt::format("circular dependency: {} -> {}", Chain(first), graph_.Label(index)));
  }

  const Graph& graph_;
  const bool report_missing_;
  std::vector<State> state_;
  std::vector<size_t> path_;
  std::vector<size_t> order_;
  std::vector<std::string> problems_;
};

void Graph::Add(Module module) {
  int invocations = 0;
  for (const Step& step : steps_) {
    if (step.module == module.name) invocations = std::max(invocations, step.invocation);
  }
  for (Option& option : module.options) {
    for (const std::type_index type : option.gives) providers_[type].push_back(steps_.size());
    const int invocation = option.gives.empty() ? ++invocations : 0;
    steps_.push_back({module.name, std::move(option), invocation});
  }
}

absl::Status Graph::Validate() const {
  std::vector<std::string> problems;
  for (const auto& [type, steps] : providers_) {
    for (size_t i = 1; i < steps.size(); ++i) {
      problems.push_back(fmt::format("{} is provided twice: by module {} and by module {}", TypeName(type),
                                     step(steps[0]).module, step(steps[i]).module));
    }
  }
  std::sort(problems.begin(), problems.end());
  Visit needed(*this, /*report_missing=*/true);
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].invocation > 0) needed.From(i);
  }
  problems.insert(problems.end(), needed.problems().begin(), needed.problems().end());
  // A circle is wrong wherever it is, also where nobody needs it yet.
  Visit all(*this, /*report_missing=*/false);
  for (size_t i = 0; i < steps_.size(); ++i) all.From(i);
  for (const std::string& problem : all.problems()) {
    if (needed.problems().empty()) problems.push_back(problem);
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("{}", fmt::join(problems, "\n")));
}

std::vector<size_t> Graph::BuildOrder() const {
  Visit visit(*this, /*report_missing=*/false);
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].invocation > 0) visit.From(i);
  }
  return visit.order();
}

size_t Graph::ProviderOf(std::type_index type) const {
  const auto found = providers_.find(type);
  return found == providers_.end() ? npos : found->second.front();
}

std::string Graph::Label(size_t index) const {
  const Step& step = steps_[index];
  if (step.invocation > 0) return fmt::format("invocation {} of module {}", step.invocation, step.module);
  return fmt::format("{} (module {})", TypeName(step.option.gives.front()), step.module);
}

std::string Graph::Dot() const {
  std::vector<std::string> modules;
  std::vector<std::string> arrows;
  std::set<std::string> missing;
  // The nodes of a step: what it gives, or the invocation itself.
  const auto nodes_of = [&](size_t index) {
    std::vector<std::string> nodes;
    for (const std::type_index type : steps_[index].option.gives) nodes.push_back(DotQuoted(TypeName(type)));
    if (nodes.empty()) nodes.push_back(DotQuoted(Label(index)));
    return nodes;
  };
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (std::find(modules.begin(), modules.end(), steps_[i].module) == modules.end()) {
      modules.push_back(steps_[i].module);
    }
    for (const std::type_index type : steps_[i].option.needs) {
      if (ProviderOf(type) == npos) missing.insert(DotQuoted(TypeName(type)));
      for (const std::string& node : nodes_of(i)) {
        arrows.push_back(fmt::format("  {} -> {};\n", node, DotQuoted(TypeName(type))));
      }
    }
  }
  std::string out = "digraph app {\n  rankdir=LR;\n  node [shape=box];\n";
  const auto to_out = std::back_inserter(out);
  for (size_t m = 0; m < modules.size(); ++m) {
    fmt::format_to(to_out, "  subgraph cluster_{} {{\n    label={};\n", m, DotQuoted(modules[m]));
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].module != modules[m]) continue;
      for (const std::string& node : nodes_of(i)) {
        fmt::format_to(to_out, "    {}{};\n", node, steps_[i].invocation > 0 ? " [shape=ellipse]" : "");
      }
    }
    out += "  }\n";
  }
  for (const std::string& node : missing) fmt::format_to(to_out, "  {} [style=dashed, color=red];\n", node);
  for (const std::string& arrow : arrows) out += arrow;
  return out + "}\n";
}

}  // namespace smallbiznis::fx
