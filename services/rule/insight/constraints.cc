#include "services/rule/insight/constraints.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "pkg/cel/syntax/parser.h"
#include "pkg/cel/syntax/unparse.h"

namespace smallbiznis::rule {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::Kind;
using cel::TypeKind;
using cel::Value;
using Json = nlohmann::json;

constexpr size_t kMaxAlternatives = 128;

bool HasNames(const Expr& expr) {
  if (expr.kind == ExprKind::kIdent || expr.kind == ExprKind::kFold || expr.kind == ExprKind::kStruct) return true;
  if (expr.target != nullptr && HasNames(*expr.target)) return true;
  return std::any_of(expr.args.begin(), expr.args.end(), [](const Expr* arg) { return HasNames(*arg); });
}

// The JSON text of a scalar of the attribute's type; nothing of another one.
std::optional<std::string> ScalarJson(const Value& value, TypeKind type) {
  if (type == TypeKind::kInt && value.is(Kind::kInt)) return Json(value.integer).dump();
  if (type == TypeKind::kDouble && value.is(Kind::kDouble) && std::isfinite(value.real)) return Json(value.real).dump();
  if (type == TypeKind::kBool && value.is(Kind::kBool)) return Json(value.boolean).dump();
  if (type == TypeKind::kString && value.is(Kind::kString)) return Json(std::string(value.view())).dump();
  return std::nullopt;
}

// What an attribute's domain is of: amounts of a declared currency are minor units, so ints.
TypeKind DomainKind(const cel::Type& type) {
  return type.is_money() && !type.parameters()[0].is_dyn() ? TypeKind::kInt : type.kind();
}

// The checker has seen to it that the currency is the attribute's.
Value MinorUnits(const Value& value) {
  return value.is(Kind::kMoney) ? Value::Int(value.integer) : value;
}

std::string Mirrored(const std::string& name) {
  if (name == "_<_") return "_>_";
  if (name == "_<=_") return "_>=_";
  if (name == "_>_") return "_<_";
  if (name == "_>=_") return "_<=_";
  return name;
}

std::string Negated(const std::string& name) {
  if (name == "_<_") return "_>=_";
  if (name == "_<=_") return "_>_";
  if (name == "_>_") return "_<=_";
  if (name == "_>=_") return "_<_";
  if (name == "_==_") return "_!=_";
  if (name == "_!=_") return "_==_";
  return name == "@in" ? "!in" : "@in";
}

// Reads a tree. Truth is exact: `a && b` is true where both are, `a || b` where one is, and errors are neither.
class Condition {
 public:
  explicit Condition(const Schema& schema) : schema_(schema) {}

  // Nothing where there are too many.
  std::optional<std::vector<Alternative>> Read(const Expr& expr, bool negated) {
    if (expr.kind == ExprKind::kCall) {
      if (expr.name == "!_") return Read(*expr.args[0], !negated);
      if (expr.name == "_&&_" || expr.name == "_||_") return ReadLogic(expr, negated);
    }
    if (const std::optional<Value> constant = ConstantOf(expr); constant && constant->is(Kind::kBool)) {
      return constant->boolean != negated ? std::vector<Alternative>{{}} : std::vector<Alternative>{};
    }
    if (std::optional<Alternative> atom = ReadAtom(expr, negated)) return std::vector<Alternative>{*std::move(atom)};
    total_ = false;
    return std::vector<Alternative>{{.domains = {}, .opaque = true}};
  }
  bool total() const { return total_; }

 private:
  std::optional<std::vector<Alternative>> ReadLogic(const Expr& expr, bool negated) {
    const bool all = (expr.name == "_&&_") != negated;
    std::vector<Alternative> result;
    if (all) result.emplace_back();
    for (const Expr* arg : expr.args) {
      std::optional<std::vector<Alternative>> part = Read(*arg, negated);
      if (!part) return std::nullopt;
      if (all) {
        std::vector<Alternative> both;
        if (result.size() * part->size() > kMaxAlternatives) return std::nullopt;
        for (const Alternative& a : result) {
          for (const Alternative& b : *part) both.push_back(Alternative::Both(a, b));
        }
        result = std::move(both);
      } else {
        if (result.size() + part->size() > kMaxAlternatives) return std::nullopt;
        result.insert(result.end(), part->begin(), part->end());
      }
    }
    return result;
  }

  // The value of an expression without names.
  std::optional<Value> ConstantOf(const Expr& expr) {
    if (expr.kind == ExprKind::kConstant) return expr.constant;
    if (HasNames(expr)) return std::nullopt;
    const absl::StatusOr<cel::Program> program = schema_.env().Compile(cel::Unparse(expr));
    if (!program.ok()) return std::nullopt;
    programs_.push_back(*program);  // the value may refer to its constants
    const absl::StatusOr<Value> value = program->Evaluate(cel::Activation(schema_.env()), arena_, {.cost = 10'000});
    if (!value.ok()) return std::nullopt;
    return *value;
  }

  // The place of a scalar attribute; -1 where it is none.
  int AttributeOf(const Expr& expr) const {
    if (expr.kind != ExprKind::kIdent || expr.rooted) return -1;
    const int place = schema_.env().variable(expr.name);
    if (place < 0 || place == schema_.now()) return -1;
    const TypeKind kind = TypeOf(place);
    const bool scalar =
        kind == TypeKind::kInt || kind == TypeKind::kDouble || kind == TypeKind::kString || kind == TypeKind::kBool;
    return scalar ? place : -1;
  }
  TypeKind TypeOf(int place) const { return DomainKind(schema_.fields()[static_cast<size_t>(place)].type); }

  // An alternative with a domain for the attribute at `place`.
  ValueDomain& Demand(int place, Alternative& alternative) {
    if (!schema_.fields()[static_cast<size_t>(place)].attribute.required) total_ = false;
    return alternative.domains[place];
  }

  std::optional<Alternative> ReadAtom(const Expr& expr, bool negated) {
    Alternative atom;
    if (const int place = AttributeOf(expr); place >= 0 && TypeOf(place) == TypeKind::kBool) {
      Demand(place, atom).OneOf({negated ? "false" : "true"});
      return atom;
    }
    if (expr.kind != ExprKind::kCall) return std::nullopt;
    if (expr.member && expr.name == "startsWith" && !negated && expr.args.size() == 1) return ReadPrefix(expr);
    if (expr.member || expr.args.size() != 2) return std::nullopt;
    if (expr.name == "@in") return ReadIn(expr, negated);
    int place = AttributeOf(*expr.args[0]);
    std::string name = expr.name;
    std::optional<Value> constant = ConstantOf(*expr.args[1]);
    if (place < 0) {
      place = AttributeOf(*expr.args[1]);
      constant = ConstantOf(*expr.args[0]);
      name = Mirrored(name);
    }
    if (place < 0 || !constant) return std::nullopt;
    if (negated) name = Negated(name);
    if (!Compare(name, MinorUnits(*constant), TypeOf(place), place, atom)) return std::nullopt;
    return atom;
  }

  bool Compare(const std::string& name, const Value& constant, TypeKind type, int place, Alternative& atom) {
    const std::optional<std::string> json = ScalarJson(constant, type);
    if (!json) return false;
    if (name == "_==_") return Demand(place, atom).OneOf({*json}), true;
    if (name == "_!=_") return Demand(place, atom).NoneOf({*json}), true;
    const bool below = name == "_<_", above = name == "_>_";
    if (!below && !above && name != "_<=_" && name != "_>=_") return false;
    if (type == TypeKind::kDouble) {
      ValueDomain& domain = Demand(place, atom);
      name[1] == '<' ? domain.AtMost(constant.real, below) : domain.AtLeast(constant.real, above);
      return true;
    }
    if (type != TypeKind::kInt) return false;
    const int64_t bound = constant.integer;
    ValueDomain& domain = Demand(place, atom);
    if ((below && bound == INT64_MIN) || (above && bound == INT64_MAX)) return domain.OneOf({}), true;
    name[1] == '<' ? domain.IntAtMost(bound - (below ? 1 : 0)) : domain.IntAtLeast(bound + (above ? 1 : 0));
    return true;
  }

  std::optional<Alternative> ReadIn(const Expr& expr, bool negated) {
    const int place = AttributeOf(*expr.args[0]);
    const std::optional<Value> list = ConstantOf(*expr.args[1]);
    if (place < 0 || !list || !list->is(Kind::kList)) return std::nullopt;
    std::set<std::string> values;
    for (uint32_t i = 0; i < list->size; ++i) {
      const std::optional<std::string> json = ScalarJson(MinorUnits(list->items[i]), TypeOf(place));
      if (!json) return std::nullopt;
      values.insert(*json);
    }
    Alternative atom;
    negated ? Demand(place, atom).NoneOf(values) : Demand(place, atom).OneOf(values);
    return atom;
  }

  std::optional<Alternative> ReadPrefix(const Expr& expr) {
    const int place = AttributeOf(*expr.target);
    const std::optional<Value> prefix = ConstantOf(*expr.args[0]);
    if (place < 0 || TypeOf(place) != TypeKind::kString || !prefix || !prefix->is(Kind::kString)) return std::nullopt;
    Alternative atom;
    Demand(place, atom).StartsWith(std::string(prefix->view()));
    return atom;
  }

  const Schema& schema_;
  cel::Arena arena_;
  std::vector<cel::Program> programs_;
  bool total_ = true;
};

// Of amounts whose currency is not declared, one is as good as another.
std::string CurrencyOf(const cel::Type& money) {
  return money.parameters()[0].is_dyn() ? "USD" : money.parameters()[0].name();
}

// Any value of the type.
Json DefaultOf(const cel::Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool:
      return false;
    case TypeKind::kInt:
    case TypeKind::kUint:
      return 0;
    case TypeKind::kDouble:
      return 0.0;
    case TypeKind::kString:
      return "";
    case TypeKind::kTimestamp:
      return "2026-01-01T00:00:00Z";
    case TypeKind::kDuration:
      return "0s";
    case TypeKind::kList:
      return Json::array();
    case TypeKind::kMap:
      return Json::object();
    case TypeKind::kAbstract:
      return {{"amount", 0}, {"currency", CurrencyOf(type)}};
    case TypeKind::kDyn:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kType:
    case TypeKind::kWrapper:
    case TypeKind::kMessage:
    case TypeKind::kParam:
    case TypeKind::kError:
      break;
  }
  return nullptr;
}

}  // namespace

void ValueDomain::Tighten(double& edge, bool& edge_open, double bound, bool open, bool low) {
  if (low ? bound < edge : bound > edge) return;
  edge_open = bound == edge ? edge_open || open : open;
  edge = bound;
}

void ValueDomain::OneOf(const std::set<std::string>& values) {
  if (!only_) {
    only_ = values;
    return;
  }
  std::erase_if(*only_, [&](const std::string& value) { return !values.contains(value); });
}

void ValueDomain::Intersect(const ValueDomain& other) {
  AtLeast(other.low_, other.low_open_);
  AtMost(other.high_, other.high_open_);
  IntAtLeast(other.int_low_);
  IntAtMost(other.int_high_);
  if (other.only_) OneOf(*other.only_);
  NoneOf(other.excluded_);
  prefixes_.insert(prefixes_.end(), other.prefixes_.begin(), other.prefixes_.end());
}

bool ValueDomain::Has(const std::string& json, TypeKind type) const {
  if (excluded_.contains(json) || (only_ && !only_->contains(json))) return false;
  const Json value = Json::parse(json);
  if (type == TypeKind::kInt) return value.get<int64_t>() >= int_low_ && value.get<int64_t>() <= int_high_;
  if (type == TypeKind::kDouble) {
    const double real = value.get<double>();
    return (low_open_ ? real > low_ : real >= low_) && (high_open_ ? real < high_ : real <= high_);
  }
  if (type != TypeKind::kString) return true;
  const std::string text = value.get<std::string>();
  return std::all_of(prefixes_.begin(), prefixes_.end(), [&](const std::string& p) { return text.starts_with(p); });
}

std::optional<std::string> ValueDomain::Witness(TypeKind type) const {
  std::vector<std::string> tried;
  if (only_) {
    tried.assign(only_->begin(), only_->end());
  } else if (type == TypeKind::kBool) {
    tried = {"true", "false"};
  } else if (type == TypeKind::kInt) {
    if (int_low_ > int_high_) return std::nullopt;
    // One more than are excluded: the first of them that is not is in it, or there is none.
    const bool from_low = int_low_ != INT64_MIN || int_high_ == INT64_MAX;
    int64_t value = int_low_ != INT64_MIN ? int_low_ : std::min<int64_t>(int_high_, from_low ? 0 : int_high_);
    for (size_t i = 0; i <= excluded_.size(); ++i) {
      tried.push_back(Json(value).dump());
      if (value == (from_low ? int_high_ : int_low_)) break;
      value += from_low ? 1 : -1;
    }
  } else if (type == TypeKind::kDouble) {
    if (low_ > high_ || (low_ == high_ && (low_open_ || high_open_))) return std::nullopt;
    const double middle = low_ == high_ ? low_ : low_ / 2 + high_ / 2;
    for (const double value : {0.0, low_, high_, middle, low_ / 2 + middle / 2, std::nextafter(low_, high_)}) {
      tried.push_back(Json(value).dump());
    }
  } else {
    std::string text;
    for (const std::string& prefix : prefixes_) {
      if (!prefix.starts_with(text) && !text.starts_with(prefix)) return std::nullopt;
      if (prefix.size() > text.size()) text = prefix;
    }
    for (size_t i = 0; i <= excluded_.size(); ++i, text += 'x') tried.push_back(Json(text).dump());
  }
  for (const std::string& json : tried) {
    if (Has(json, type)) return json;
  }
  // Of an interval of doubles only some were tried: "null" says that it may have others, and is of no use as example.
  return type == TypeKind::kDouble && !only_ ? std::optional<std::string>("null") : std::nullopt;
}

Alternative Alternative::Both(const Alternative& a, const Alternative& b) {
  Alternative both = a;
  both.opaque = a.opaque || b.opaque;
  for (const auto& [place, domain] : b.domains) both.domains[place].Intersect(domain);
  return both;
}

bool Alternative::Impossible(const Schema& schema) const {
  return std::any_of(domains.begin(), domains.end(), [&](const auto& entry) {
    return !entry.second.Witness(DomainKind(schema.fields()[static_cast<size_t>(entry.first)].type));
  });
}

std::optional<Constraints> ConstraintsOf(const CompiledRule& rule, bool negated) {
  if (!rule.condition) return std::nullopt;
  const auto ast = cel::Parse(rule.condition->source(), Schema::parse_options());
  if (!ast.ok()) return std::nullopt;
  Condition condition(*rule.schema);
  std::optional<std::vector<Alternative>> alternatives = condition.Read(*(*ast)->root, negated);
  if (!alternatives) return std::nullopt;
  std::erase_if(*alternatives, [&](const Alternative& each) { return each.Impossible(*rule.schema); });
  return Constraints{*std::move(alternatives), condition.total()};
}

std::optional<std::string> ExampleOf(const Alternative& alternative, const Schema& schema) {
  Json context = Json::object();
  for (size_t i = 0; i < schema.fields().size(); ++i) {
    const Schema::Field& field = schema.fields()[i];
    const auto demanded = alternative.domains.find(static_cast<int>(i));
    if (demanded != alternative.domains.end()) {
      const std::optional<std::string> witness = demanded->second.Witness(DomainKind(field.type));
      if (!witness) return std::nullopt;
      Json value = Json::parse(*witness);
      if (field.type.is_money()) value = {{"amount", value}, {"currency", CurrencyOf(field.type)}};
      context[field.attribute.name] = std::move(value);
    } else if (field.attribute.required) {
      context[field.attribute.name] = DefaultOf(field.type);
    }
  }
  return context.dump();
}

}  // namespace smallbiznis::rule
