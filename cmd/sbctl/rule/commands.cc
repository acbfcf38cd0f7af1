#include "cmd/sbctl/rule/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/sbctl/rule/file.h"
#include "cmd/sbctl/text.h"
#include "pkg/clock/clock.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/rule/engine/context.h"
#include "services/rule/engine/rule_json.h"
#include "services/rule/engine/rule_set.h"
#include "services/rule/insight/explain.h"

namespace smallbiznis::sbctl {
namespace {

using Json = nlohmann::ordered_json;

struct Asked {
  std::string file;
  std::string context;  // JSON; empty: those of the file
  std::string trigger = "PURCHASE";
  std::string rule;  // name; empty: all
};

// Expressions with their caret have lines of their own.
std::string SafeLines(const std::string& text) {
  std::string safe;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    safe += (start > 0 ? "\n" : "") + Safe(std::string_view(text).substr(start, end - start));
    start = end + 1;
  }
  return safe;
}

void PrintProblem(const std::string& file, const FileProblem& problem, std::ostream& out, bool json) {
  if (json) {
    out << Json({{"field", problem.field}, {"line", problem.line}, {"problem", problem.problem}}).dump() << '\n';
    return;
  }
  const std::string line = problem.line > 0 ? fmt::format(":{}", problem.line) : "";
  out << Safe(file) << line << ": " << Safe(problem.field) << ": " << SafeLines(problem.problem) << '\n';
}

absl::Status PrintProblems(const std::string& file, const RuleFile& rules, std::ostream& out, bool json) {
  for (const FileProblem& problem : rules.problems) PrintProblem(file, problem, out, json);
  if (rules.problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} problems", rules.problems.size()));
}

void PrintCost(const std::string& file, const FileCost& of, std::ostream& out, bool json) {
  if (json) {
    Json line = {{"rule", of.rule}, {"line", of.line}, {"least", of.cost.least}, {"most", of.cost.most}};
    if (!of.warning.empty()) line["warning"] = of.warning;
    out << line.dump() << '\n';
    return;
  }
  const std::string line = of.line > 0 ? fmt::format(":{}", of.line) : "";
  const std::string what = of.warning.empty() ? fmt::format("costs {} to {}", of.cost.least, of.cost.most)
                                              : fmt::format("warning: {}", of.warning);
  out << fmt::format("{}{}: {}: {}\n", Safe(file), line, of.rule, what);
}

absl::Status Lint(const Asked& asked, std::ostream& out, bool json) {
  ASSIGN_OR_RETURN(const RuleFile file, ReadRuleFile(asked.file, clock::SystemClock().Now()));
  RETURN_IF_ERROR(PrintProblems(asked.file, file, out, json));
  for (const FileCost& cost : file.costs) PrintCost(asked.file, cost, out, json);
  if (!json) out << fmt::format("{} rules, {} triggers: no problem\n", file.rules.size(), file.schemas.size());
  return absl::OkStatus();
}

Json ActionsOf(const rule::Result& result) {
  Json actions = Json::array();
  for (const rule::Action& action : result.actions) actions.push_back(rule::ToJson(action));
  return actions;
}

void PrintResult(const FileContext& context, const rule::Result& result, std::ostream& out, bool json) {
  const rule::Content& content = result.rule->content;
  if (json) {
    Json line = {{"context", context.name}, {"rule", content.name}, {"outcome", rule::Name(result.outcome)}};
    if (!result.reason.empty()) line["reason"] = result.reason;
    if (!result.actions.empty()) line["actions"] = ActionsOf(result);
    out << line.dump() << '\n';
    return;
  }
  out << fmt::format("  {:<11}  {}", rule::Name(result.outcome), Safe(content.name));
  if (!result.reason.empty()) out << ": " << Safe(result.reason);
  for (const rule::Action& action : result.actions) out << "  " << Safe(rule::ToJson(action).dump());
  out << '\n';
}

void PrintExplanation(const FileContext& context, const rule::RuleExplanation& explained, std::ostream& out,
                      bool json) {
  if (json) {
    Json line = {{"context", context.name},
                 {"rule", explained.result.rule->content.name},
                 {"outcome", rule::Name(explained.result.outcome)},
                 {"reasons", explained.reasons},
                 {"steps", Json::array()}};
    for (const rule::ExplainedStep& step : explained.steps) {
      line["steps"].push_back(
          {{"expression", step.expression}, {"value", step.value}, {"line", step.line}, {"column", step.column}});
    }
    out << line.dump() << '\n';
    return;
  }
  PrintResult(context, explained.result, out, false);
  for (const std::string& reason : explained.reasons) out << "    because " << Safe(reason) << '\n';
  for (const rule::ExplainedStep& step : explained.steps) {
    out << fmt::format("    {}:{}  {}  =  {}\n", step.line, step.column, Safe(step.expression), Safe(step.value));
  }
}

// The contexts that are asked: of the command line, or of the file.
absl::StatusOr<std::vector<FileContext>> ContextsOf(const Asked& asked, const RuleFile& file, absl::Time now) {
  if (asked.context.empty()) {
    if (!file.contexts.empty()) return file.contexts;
    return absl::InvalidArgumentError("the file has no contexts: give --context");
  }
  if (file.Find(asked.trigger) == nullptr) return absl::InvalidArgumentError("there is no such trigger: --trigger");
  return std::vector<FileContext>{{"--context", asked.trigger, now, asked.context}};
}

using AskOne = std::function<void(const FileContext&, const std::vector<rule::RulePtr>&, const cel::Activation&)>;

// Reads the file, and every context with the rules of its trigger. A context that makes no sense ends it.
absl::Status ForEachContext(const Asked& asked, std::ostream& out, bool json, const AskOne& ask) {
  const absl::Time now = clock::SystemClock().Now();
  ASSIGN_OR_RETURN(const RuleFile file, ReadRuleFile(asked.file, now));
  RETURN_IF_ERROR(PrintProblems(asked.file, file, out, json));
  ASSIGN_OR_RETURN(const std::vector<FileContext> contexts, ContextsOf(asked, file, now));
  for (const FileContext& context : contexts) {
    std::vector<rule::RulePtr> rules;
    for (const rule::RulePtr& rule : file.rules) {
      const bool named = asked.rule.empty() || asked.rule == rule->content.name;
      if (named && rule->content.trigger == context.trigger) rules.push_back(rule);
    }
    const std::shared_ptr<const rule::Schema> schema = file.Find(context.trigger);
    cel::Arena arena;
    cel::Activation activation(schema->env());
    const absl::Status read = rule::ReadContext(*schema, context.json, context.time, arena, activation);
    if (!read.ok()) {
      return absl::InvalidArgumentError(fmt::format("{}: {}", context.name, text::ToStd(read.message())));
    }
    if (!json) out << fmt::format("{} ({})\n", Safe(context.name), context.trigger);
    ask(context, rules, activation);
  }
  return absl::OkStatus();
}

absl::Status Eval(const Asked& asked, std::ostream& out, bool json) {
  return ForEachContext(
      asked, out, json,
      [&](const FileContext& context, const std::vector<rule::RulePtr>& rules, const cel::Activation& activation) {
        if (rules.empty()) return;
        const auto set = rule::RuleSet(rules[0]->schema).With(rules, {});
        const rule::Batch batch = set->Evaluate(activation, {.time = context.time});
        for (const rule::Result& result : batch.results) PrintResult(context, result, out, json);
      });
}

absl::Status ExplainAll(const Asked& asked, std::ostream& out, bool json) {
  return ForEachContext(
      asked, out, json,
      [&](const FileContext& context, const std::vector<rule::RulePtr>& rules, const cel::Activation& activation) {
        for (const rule::RulePtr& rule : rules) {
          cel::Arena arena;
          rule::Bounds bounds;
          PrintExplanation(context, rule::Explain(rule, activation, arena, bounds), out, json);
        }
      });
}

using Run = absl::Status (*)(const Asked&, std::ostream&, bool);

void Add(CLI::App& parent, LocalCommand& chosen, const char* name, const char* help, Run run) {
  CLI::App* const app = parent.add_subcommand(name, help);
  const auto asked = std::make_shared<Asked>();
  app->add_option("file", asked->file, "Rules, as YAML or JSON (.json)")->required();
  if (run != &Lint) {
    app->add_option("--context", asked->context, "A context as JSON, in place of those of the file");
    app->add_option("--trigger", asked->trigger, "Its trigger")->capture_default_str();
    app->add_option("--rule", asked->rule, "Only the rule of this name");
  }
  app->callback([&chosen, asked, run] {
    chosen = [asked, run](std::ostream& out, bool json) { return run(*asked, out, json); };
  });
}

}  // namespace

void AddRuleCommands(CLI::App& app, LocalCommand& chosen) {
  CLI::App& parent = *app.add_subcommand("rule", "Rules of a file, without a platform");
  parent.require_subcommand(1);
  Add(parent, chosen, "lint", "Say what is wrong with the rules", &Lint);
  Add(parent, chosen, "eval", "Say which rules match the contexts", &Eval);
  Add(parent, chosen, "explain", "Say why rules match the contexts, or not", &ExplainAll);
}

}  // namespace smallbiznis::sbctl
