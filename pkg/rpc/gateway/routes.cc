#include "pkg/rpc/gateway/routes.h"

#include <fmt/format.h>

#include "pkg/rpc/gateway/percent.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::gateway {
namespace {

constexpr std::string_view kAny = "*";
// A method that no request has, to learn which ones a path has.
constexpr std::string_view kNone = "";

}  // namespace

absl::Status Routes::Add(std::unique_ptr<Binding> binding) {
  Node* node = &root_;
  for (const PathTemplate::Segment& segment : binding->path.segments) {
    if (segment.kind == PathTemplate::Segment::Kind::kRest) break;
    std::unique_ptr<Node>& next =
        segment.kind == PathTemplate::Segment::Kind::kLiteral ? node->literals[segment.literal] : node->one;
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  auto& leaves = binding->path.open_ended() ? node->below : node->here;
  const auto [at, fresh] = leaves[binding->path.verb].emplace(binding->http_method, binding.get());
  if (!fresh) {
    return absl::AlreadyExistsError(fmt::format(
        "{} {} of {} and {} of {} match the same requests", binding->http_method, binding->pattern,
        binding->method->descriptor->full_name(), at->second->pattern, at->second->method->descriptor->full_name()));
  }
  bindings_.push_back(std::move(binding));
  return absl::OkStatus();
}

bool Routes::Look(const std::map<std::string, Leaf, std::less<>>& leaves, Search* search) {
  const auto leaf = leaves.find(search->verb);
  if (leaf == leaves.end()) return false;
  auto method = leaf->second.find(search->method);
  if (method == leaf->second.end() && search->method == "HEAD") method = leaf->second.find("GET");
  if (method == leaf->second.end() && search->method != kNone) method = leaf->second.find(kAny);
  if (method != leaf->second.end()) {
    search->found = method->second;
    return true;
  }
  for (const auto& [name, binding] : leaf->second) search->allowed.insert(name);
  return false;
}

bool Routes::Walk(const Node& node, size_t depth, Search* search) {
  if (depth == search->segments.size()) return Look(node.here, search) || Look(node.below, search);
  const std::string_view segment = search->segments[depth];
  if (!node.literals.empty()) {
    std::string decoded;
    const bool encoded = segment.find('%') != std::string_view::npos;
    if (!encoded || PercentDecode(segment, PercentRule::kPath, &decoded)) {
      const auto next = node.literals.find(text::ToAbsl(encoded ? decoded : segment));
      if (next != node.literals.end() && Walk(*next->second, depth + 1, search)) return true;
    }
  }
  if (node.one != nullptr && !segment.empty() && Walk(*node.one, depth + 1, search)) return true;
  return Look(node.below, search);
}

Routes::Match Routes::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  match.segments = SplitPath(path);
  // A value holds no ":" (http.proto: a client encodes it), so what stands behind one is a verb, known or not.
  const std::string_view last = match.segments.back();
  std::string_view verb;
  if (const size_t colon = last.rfind(':'); colon != std::string_view::npos) {
    match.segments.back() = last.substr(0, colon);
    verb = last.substr(colon + 1);
  }
  Search search{method, verb, match.segments};
  // "/v1/books/7:" has a verb, if an empty one, which nobody has.
  if (!last.ends_with(':')) Walk(root_, 0, &search);
  match.binding = search.found;
  match.allowed.assign(search.allowed.begin(), search.allowed.end());
  return match;
}

std::vector<std::string> Routes::AllowedOn(std::string_view path) const {
  return Find(kNone, path).allowed;
}

}  // namespace smallbiznis::rpc::gateway
