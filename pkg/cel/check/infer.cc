#include "pkg/cel/check/infer.h"

#include <utility>

namespace smallbiznis::cel {
namespace {

// Types that may be null.
bool Nullable(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
    case TypeKind::kWrapper:
    case TypeKind::kMessage:
    case TypeKind::kAbstract:
    case TypeKind::kDyn:
    case TypeKind::kError:
      return true;
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kUint:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kType:
    case TypeKind::kParam:
      return false;
  }
  return false;
}

// Whether `a` says no more than `b`, of which it is known that one fits the other.
bool AtMostAsSpecific(const Type& a, const Type& b) {
  if (a.is_dyn() || a.is(TypeKind::kParam)) return true;
  if (b.is_dyn() || b.is(TypeKind::kParam)) return false;
  if (b.is(TypeKind::kNull)) return true;
  if (a.is(TypeKind::kWrapper)) return b == a || b == a.parameters()[0];
  if (a.kind() != b.kind() || a.name() != b.name() || a.parameters().size() != b.parameters().size()) return false;
  if (a.is(TypeKind::kType)) return true;
  for (size_t i = 0; i < a.parameters().size(); ++i) {
    if (!AtMostAsSpecific(a.parameters()[i], b.parameters()[i])) return false;
  }
  return true;
}

Type MoreGeneral(const Type& a, const Type& b) {
  return AtMostAsSpecific(a, b) ? a : b;
}

}  // namespace

Type Inference::Fresh() {
  bindings_.emplace_back(TypeKind::kError);
  return Type::Unknown(static_cast<int32_t>(bindings_.size()) - 1);
}

Type Inference::Rename(const Type& type, Renamed& renamed) {
  if (!type.has_parameter()) return type;
  if (type.is(TypeKind::kParam)) {
    for (const auto& [name, fresh] : renamed) {
      if (name == type.name()) return fresh;
    }
    return renamed.emplace_back(type.name(), Fresh()).second;
  }
  std::vector<Type> parameters;
  for (const Type& parameter : type.parameters()) parameters.push_back(Rename(parameter, renamed));
  return Type(type.kind(), type.name(), std::move(parameters));
}

Signature Inference::Instantiate(const Signature& signature) {
  Signature fresh;
  Renamed renamed;
  for (const Type& parameter : signature.parameters) fresh.parameters.push_back(Rename(parameter, renamed));
  fresh.result = Rename(signature.result, renamed);
  return fresh;
}

bool Inference::Mentions(const Type& parameter, const Type& type) const {
  if (type == parameter || ++work_ > kMostWork) return true;
  if (type.is(TypeKind::kParam)) {
    const Type* bound = Find(type);
    return bound != nullptr && Mentions(parameter, *bound);
  }
  for (const Type& inner : type.parameters()) {
    if (Mentions(parameter, inner)) return true;
  }
  return false;
}

bool Inference::Bind(const Type& type, const Type& parameter, bool& bound) {
  if (type == parameter) return bound = true;
  const Type* known = Find(parameter);
  bound = known != nullptr;
  if (bound) {
    const Type before = *known;
    if (!Fits(type, before)) return false;
    const Type general = MoreGeneral(type, before);
    if (!Mentions(parameter, general)) Set(parameter, general);
    return true;
  }
  if (Mentions(parameter, type)) return false;
  Set(parameter, type);
  return true;
}

bool Inference::Fits(const Type& actual, const Type& formal) {
  bool bound = false;
  if (++work_ > kMostWork) return true;
  if (formal.is(TypeKind::kParam)) {
    if (Bind(actual, formal, bound)) return true;
    if (bound) return false;
  }
  if (actual.is(TypeKind::kParam)) return Bind(formal, actual, bound);
  if (actual.is_dyn() || formal.is_dyn()) return true;
  if (actual.is(TypeKind::kNull)) return Nullable(formal);
  if (formal.is(TypeKind::kNull)) return Nullable(actual);
  if (actual.is(TypeKind::kWrapper) && !formal.is(TypeKind::kWrapper)) return actual.parameters()[0] == formal;
  if (formal.is(TypeKind::kWrapper) && !actual.is(TypeKind::kWrapper)) return formal.parameters()[0] == actual;
  if (actual.kind() != formal.kind() || actual.name() != formal.name()) return false;
  if (actual.is(TypeKind::kType)) return true;
  if (actual.parameters().size() != formal.parameters().size()) return false;
  for (size_t i = 0; i < actual.parameters().size(); ++i) {
    if (!Fits(actual.parameters()[i], formal.parameters()[i])) return false;
  }
  return true;
}

void Inference::Set(const Type& parameter, const Type& type) {
  Type& bound = bindings_[static_cast<size_t>(parameter.unknown())];
  journal_.emplace_back(parameter.unknown(), std::exchange(bound, type));
}

// Undoes what was bound since the journal had `size` entries.
void Inference::Undo(size_t size) {
  for (; journal_.size() > size; journal_.pop_back()) {
    bindings_[static_cast<size_t>(journal_.back().first)] = journal_.back().second;
  }
}

bool Inference::Assignable(const Type& actual, const Type& formal) {
  const bool fits = Fits(actual, formal);
  if (!fits) Undo(0);
  journal_.clear();
  return fits;
}

bool Inference::Assignable(const std::vector<Type>& actual, const std::vector<Type>& formal) {
  bool fits = actual.size() == formal.size();
  for (size_t i = 0; fits && i < actual.size(); ++i) fits = Fits(actual[i], formal[i]);
  if (!fits) Undo(0);
  journal_.clear();
  return fits;
}

const Type* Inference::Find(const Type& parameter) const {
  const Type& bound = bindings_[static_cast<size_t>(parameter.unknown())];
  return bound.is(TypeKind::kError) ? nullptr : &bound;
}

Type Inference::Join(const Type& a, const Type& b) {
  return Assignable(a, b) ? MoreGeneral(a, b) : Type();
}

Type Inference::Resolve(const Type& type, bool settle) const {
  if (!type.has_parameter()) return type;
  if (++work_ > kMostWork) return Type();
  if (type.is(TypeKind::kParam)) {
    const Type* bound = Find(type);
    if (bound != nullptr) return Resolve(*bound, settle);
    return settle ? Type() : type;
  }
  std::vector<Type> parameters;
  for (const Type& parameter : type.parameters()) parameters.push_back(Resolve(parameter, settle));
  return Type(type.kind(), type.name(), std::move(parameters));
}

Type Inference::Settle(const Type& type) {
  if (!type.has_parameter()) return type;
  if (++work_ > kMostWork) return Type();
  if (type.is(TypeKind::kParam)) {
    const auto at = static_cast<size_t>(type.unknown());
    settled_.resize(bindings_.size(), 0);
    if (settled_[at] == 0) {
      const Type* bound = Find(type);
      Type settled = bound == nullptr ? Type() : Settle(*bound);
      bindings_[at] = std::move(settled);
      settled_[at] = 1;
    }
    return bindings_[at];
  }
  std::vector<Type> parameters;
  for (const Type& parameter : type.parameters()) parameters.push_back(Settle(parameter));
  return Type(type.kind(), type.name(), std::move(parameters));
}

}  // namespace smallbiznis::cel
