#include "pkg/casbin/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "pkg/casbin/policy/order.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

// `line 7` or, for a rule that comes from elsewhere, what it says.
std::string Place(std::string_view section, std::span<const std::string_view> values, uint32_t line) {
  if (line != 0) return fmt::format("policy line {}", line);
  return fmt::format("policy rule {}, {}", section, fmt::join(values, ", "));
}

absl::Status Refuse(std::string_view section, std::span<const std::string_view> values, uint32_t line,
                    std::string_view what) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_POLICY",
                       fmt::format("{}: {}", Place(section, values, line), what));
}

// sub, obj, act: without the definition's name.
std::string Columns(const FieldsDefinition& definition) {
  std::string columns;
  for (const std::string& field : definition.fields) {
    columns += fmt::format("{}{}", columns.empty() ? "" : ", ", field.substr(definition.name.size() + 1));
  }
  return columns;
}

absl::Status NotThere(const Rule& rule) {
  return status::Error(absl::StatusCode::kNotFound, "CASBIN_RULE",
                       fmt::format("there is no rule {}, {}", rule.section, fmt::join(rule.values, ", ")));
}

}  // namespace

Snapshot::Snapshot(const Engine& engine)
    : engine_(engine),
      policies_(engine.model().policies.size()),
      links_(engine.model().roles.size()),
      lookups_(engine.programs().size()) {}

const Lookup& Snapshot::lookup(size_t program) const {
  LazyLookup& lazy = lookups_[program];
  std::call_once(lazy.once, [&] { lazy.lookup = MakeLookup(program); });
  return lazy.lookup;
}

Lookup Snapshot::MakeLookup(size_t at) const {
  const Program& program = engine_.programs()[at];
  const Expression& matcher = program.expression;
  const Table& table = policies_[program.policy];
  Lookup lookup;
  for (const Branch& branch : program.plan) {
    std::vector<uint32_t> columns;
    for (const EqualTerm& term : branch.equal) columns.push_back(term.column);
    for (const RoleTerm& term : branch.roles) columns.push_back(term.column);
    lookup.indexes.push_back(columns.empty() ? nullptr : std::make_unique<const Index>(table, std::move(columns)));
  }
  std::set<uint32_t> evaluated;
  for (const uint32_t node : matcher.All(Op::kEval)) {
    const Node& argument = matcher.node(matcher.Bare(matcher.node(node).left));
    if (argument.op == Op::kPolicy) evaluated.insert(argument.at);
  }
  for (uint32_t row = 0; row < table.size(); ++row) {
    for (const uint32_t column : evaluated) {
      const Symbol text = table.row(row)[column];
      if (lookup.rules.contains(text)) continue;
      lookup.rules.emplace(text, Expression::Parse(EscapeFields(symbols_.Text(text)), program.rules));
    }
  }
  return lookup;
}

Rule Snapshot::rule(const FieldsDefinition& definition, const Table& table, uint32_t row) const {
  Rule rule{definition.name, {}, table.line(row)};
  for (const Symbol cell : table.row(row)) rule.values.emplace_back(symbols_.Text(cell));
  return rule;
}

std::vector<Rule> Snapshot::rules() const {
  std::vector<Rule> rules;
  for (size_t i = 0; i < policies_.size(); ++i) {
    for (uint32_t row = 0; row < policies_[i].size(); ++row) {
      rules.push_back(rule(engine_.model().policies[i], policies_[i], row));
    }
  }
  for (size_t i = 0; i < links_.size(); ++i) {
    for (uint32_t row = 0; row < links_[i].size(); ++row) {
      rules.push_back(rule({engine_.model().roles[i].name, {}}, links_[i], row));
    }
  }
  return rules;
}

Snapshot::Builder::Builder(const Engine& engine) : engine_(engine), snapshot_(new Snapshot(engine)) {}

absl::Status Snapshot::Builder::Add(std::string_view section, std::span<const std::string_view> values, uint32_t line) {
  const Model& model = engine_.model();
  Table* table = nullptr;
  if (const auto policy = std::ranges::find(model.policies, section, &FieldsDefinition::name);
      policy != model.policies.end()) {
    if (values.size() != policy->fields.size()) {
      return Refuse(section, values, line,
                    fmt::format("{} has {} columns ({}), not {}", section, policy->fields.size(), Columns(*policy),
                                values.size()));
    }
    table = &snapshot_->policies_[static_cast<size_t>(policy - model.policies.begin())];
  } else if (const auto role = std::ranges::find(model.roles, section, &RoleDefinition::name);
             role != model.roles.end()) {
    const size_t least = role->link_columns;
    if (values.size() < least) {
      return Refuse(section, values, line,
                    fmt::format("{} has at least {} columns, not {}", section, least, values.size()));
    }
    table = &snapshot_->links_[static_cast<size_t>(role - model.roles.begin())];
  } else {
    return Refuse(section, values, line, fmt::format("the model has no definition {}", section));
  }
  if (snapshot_->symbols_.bytes() > Symbols::kMaxBytes) {
    return status::Error(absl::StatusCode::kResourceExhausted, "CASBIN_POLICY",
                         "the policy has more than 3 GiB of text");
  }
  row_.clear();
  for (const std::string_view value : values) row_.push_back(snapshot_->symbols_.Add(value));
  table->Add(row_, line);
  return absl::OkStatus();
}

absl::Status Snapshot::Builder::AddOthers(const Snapshot& old, std::span<const Rule> removed) {
  using Row = std::vector<Symbol>;
  std::map<std::string_view, std::set<Row>> going;  // by section
  const auto row_of = [&old](const Rule& rule) {
    Row row;  // kNone in it is in no row
    for (const std::string& value : rule.values) row.push_back(old.symbols_.Find(value));
    return row;
  };
  for (const Rule& rule : removed) going[rule.section].insert(row_of(rule));
  std::map<std::string_view, std::set<Row>> gone;
  std::vector<std::string_view> values;
  const auto add = [&](const std::string& section, const Table& table) -> absl::Status {
    const std::set<Row>& leaving = going[section];
    for (uint32_t at = 0; at < table.size(); ++at) {
      const std::span<const Symbol> cells = table.row(at);
      if (!leaving.empty()) {
        Row row(cells.begin(), cells.end());
        if (leaving.contains(row)) {
          gone[section].insert(std::move(row));
          continue;
        }
      }
      values.clear();
      for (const Symbol cell : cells) values.push_back(old.symbols_.Text(cell));
      RETURN_IF_ERROR(Add(section, values, table.line(at)));
    }
    return absl::OkStatus();
  };
  const Model& model = engine_.model();
  for (size_t i = 0; i < old.policies_.size(); ++i) RETURN_IF_ERROR(add(model.policies[i].name, old.policies_[i]));
  for (size_t i = 0; i < old.links_.size(); ++i) RETURN_IF_ERROR(add(model.roles[i].name, old.links_[i]));
  for (const Rule& rule : removed) {
    if (!gone[rule.section].contains(row_of(rule))) return NotThere(rule);
  }
  return absl::OkStatus();
}

absl::Status Snapshot::Builder::Order() {
  const Model& model = engine_.model();
  const bool by_subject = model.effects[0].effect == Effect::kSubjectPriority;
  if (by_subject && model.roles.empty()) {
    return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_MODEL",
                         "[role_definition] is missing: the effect orders rules by it");
  }
  for (size_t i = 0; i < model.policies.size(); ++i) {
    Table& table = snapshot_->policies_[i];
    const FieldsDefinition& definition = model.policies[i];
    if (by_subject) {
      const auto domain = std::ranges::find(definition.fields, definition.name + "_dom");
      const uint32_t column =
          domain == definition.fields.end() ? kNone : static_cast<uint32_t>(domain - definition.fields.begin());
      ASSIGN_OR_RETURN(const std::vector<uint32_t> order,
                       OrderBySubject(table, column, snapshot_->links_[0], snapshot_->symbols_));
      table.Reorder(order);
    }
    if (const std::optional<uint32_t> column = engine_.priority_column(i)) {
      ASSIGN_OR_RETURN(const std::vector<uint32_t> order, OrderByPriority(table, *column, snapshot_->symbols_));
      table.Reorder(order);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Builder::Finish() {
  RETURN_IF_ERROR(Order());
  snapshot_->symbols_.Freeze();
  for (Table& table : snapshot_->policies_) table.Freeze();
  for (size_t i = 0; i < snapshot_->links_.size(); ++i) {
    snapshot_->links_[i].Freeze();
    snapshot_->roles_.emplace_back(engine_.model().roles[i], engine_.role_rules(i), snapshot_->links_[i],
                                   snapshot_->symbols_);
  }
  snapshot_->allow_ = snapshot_->symbols_.Find("allow");
  snapshot_->deny_ = snapshot_->symbols_.Find("deny");
  snapshot_->lookup(0);
  return std::move(snapshot_);
}

}  // namespace smallbiznis::casbin
