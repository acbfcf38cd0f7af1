#include "pkg/casbin/enforcer.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/casbin/check.h"
#include "pkg/casbin/engine.h"
#include "pkg/casbin/snapshot.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

using Request = absl::InlinedVector<Datum, 8>;

absl::Status RequestError(std::string_view message) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_REQUEST", message);
}

absl::Status WrongSize(const FieldsDefinition& definition, size_t given) {
  return RequestError(
      fmt::format("the request has {} fields, {} has {}", given, definition.name, definition.fields.size()));
}

absl::Status MatcherError(const MatcherDefinition& matcher, const absl::Status& error) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_MATCHER",
                       fmt::format("[matchers] {}: {}", matcher.name, std::string(error.message())));
}

// A text that is a JSON object, as that.
Datum FromText(std::string_view text, bool json, Scratch& scratch) {
  if (json && text.find('{') != text.npos) {
    absl::StatusOr<Value> value = Value::FromJson(text);
    if (value.ok() && std::holds_alternative<Value::Object>(value->data())) {
      return scratch.View(scratch.Keep(*std::move(value)));
    }
  }
  return Datum::String(text);
}

struct Asked {
  Engine::Choice choice;
  Request request;
};

absl::StatusOr<Asked> Ask(const Engine& engine, std::span<const Value> values, const Sections& sections,
                          Scratch& scratch) {
  Asked asked;
  ASSIGN_OR_RETURN(asked.choice, engine.Choose(sections));
  const FieldsDefinition& definition = engine.model().requests[engine.programs()[asked.choice.program].request];
  if (values.size() != definition.fields.size()) return WrongSize(definition, values.size());
  for (const Value& value : values) {
    const auto* text = std::get_if<std::string>(&value.data());
    asked.request.push_back(text == nullptr ? scratch.View(value)
                                            : FromText(*text, engine.options().json_requests, scratch));
  }
  return asked;
}

}  // namespace

Enforcer::Enforcer(std::unique_ptr<const Engine> engine) : engine_(std::move(engine)) {}

Enforcer::~Enforcer() = default;

absl::StatusOr<std::unique_ptr<Enforcer>> Enforcer::Create(std::string_view model, Options options) {
  ASSIGN_OR_RETURN(std::unique_ptr<const Engine> engine, Engine::Make(model, std::move(options)));
  std::unique_ptr<Enforcer> enforcer(new Enforcer(std::move(engine)));
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> empty, Snapshot::Builder(*enforcer->engine_).Finish());
  enforcer->Swap(std::move(empty));
  return enforcer;
}

absl::Status Enforcer::Load(Adapter& adapter) {
  const std::lock_guard writer(writers_);
  Snapshot::Builder builder(*engine_);
  RETURN_IF_ERROR(adapter.Load(builder));
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> loaded, builder.Finish());
  Swap(std::move(loaded));
  return absl::OkStatus();
}

absl::Status Enforcer::Change(std::span<const Rule> remove, std::span<const Rule> add) {
  const std::lock_guard writer(writers_);
  Snapshot::Builder builder(*engine_);
  RETURN_IF_ERROR(builder.AddOthers(*snapshot(), remove));
  RETURN_IF_ERROR(RulesAdapter(add).Load(builder));
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> changed, builder.Finish());
  Swap(std::move(changed));
  return absl::OkStatus();
}

std::vector<Rule> Enforcer::rules() const {
  return snapshot()->rules();
}

std::shared_ptr<const Snapshot> Enforcer::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

// The old snapshot, which may be large, is freed outside the lock.
void Enforcer::Swap(std::shared_ptr<const Snapshot> next) {
  const std::lock_guard lock(mutex_);
  snapshot_.swap(next);
}

absl::StatusOr<Decision> Enforcer::Enforce(std::initializer_list<std::string_view> request) const {
  return Enforce(std::span<const std::string_view>(request.begin(), request.size()));
}

absl::StatusOr<Decision> Enforcer::Enforce(std::span<const std::string_view> texts) const {
  const FieldsDefinition& definition = engine_->model().requests[0];
  if (texts.size() != definition.fields.size()) return WrongSize(definition, texts.size());
  Scratch scratch;
  Request request;
  for (const std::string_view text : texts) {
    request.push_back(FromText(text, engine_->options().json_requests, scratch));
  }
  const std::shared_ptr<const Snapshot> current = snapshot();
  Check check(*engine_, *current, 0, request, scratch);
  const absl::StatusOr<Verdict> verdict = check.Run(engine_->model().effects[0].effect);
  if (!verdict.ok()) return MatcherError(engine_->model().matchers[0], verdict.status());
  return Decision{verdict->allowed()};
}

absl::StatusOr<Decision> Enforcer::Enforce(std::span<const Value> values, const Sections& sections) const {
  Scratch scratch;
  ASSIGN_OR_RETURN(const Asked asked, Ask(*engine_, values, sections, scratch));
  const std::shared_ptr<const Snapshot> current = snapshot();
  Check check(*engine_, *current, asked.choice.program, asked.request, scratch);
  const absl::StatusOr<Verdict> verdict = check.Run(asked.choice.effect);
  const size_t matcher = engine_->programs()[asked.choice.program].matcher;
  if (!verdict.ok()) return MatcherError(engine_->model().matchers[matcher], verdict.status());
  return Decision{verdict->allowed()};
}

absl::StatusOr<Explanation> Enforcer::Explain(std::span<const Value> values, const Sections& sections) const {
  Scratch scratch;
  ASSIGN_OR_RETURN(const Asked asked, Ask(*engine_, values, sections, scratch));
  const std::shared_ptr<const Snapshot> current = snapshot();
  const Program& program = engine_->programs()[asked.choice.program];
  Check check(*engine_, *current, asked.choice.program, asked.request, scratch);
  const absl::StatusOr<Verdict> verdict = check.Run(asked.choice.effect);
  if (!verdict.ok()) return MatcherError(engine_->model().matchers[program.matcher], verdict.status());
  Explanation explanation{.allowed = verdict->allowed(), .rule = std::nullopt, .roles = {}};
  if (const std::optional<uint32_t> row = verdict->row(); row && *row != kNone) {
    explanation.rule = current->rule(engine_->model().policies[program.policy], current->policy(program.policy), *row);
    explanation.roles = check.Paths(*row);
  }
  return explanation;
}

std::string Explanation::ToText() const {
  const std::string_view verdict = allowed ? "allowed" : "denied";
  if (!rule) return fmt::format("{}: no rule decides it", verdict);
  std::string text = fmt::format("{} by {}, {}", verdict, rule->section, fmt::join(rule->values, ", "));
  if (rule->line != 0) text += fmt::format(" (line {})", rule->line);
  for (const RolePath& path : roles) {
    text += fmt::format("; {}: {}", path.definition, fmt::join(path.names, " > "));
    if (!path.domain.empty()) text += fmt::format(" in {}", path.domain);
  }
  return text;
}

}  // namespace smallbiznis::casbin
