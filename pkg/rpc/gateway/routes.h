// From a request's method and path to a binding: a tree with one level a segment, built once.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "pkg/rpc/gateway/binding.h"

namespace smallbiznis::rpc::gateway {

// Add first, then Find from any thread. Of several paths that match, the one with the more specific segment, from the
// left, wins: a literal before "*" before "**". What follows a ":" in the last segment is a verb and never part of a
// value.
class Routes {
 public:
  // ALREADY_EXISTS naming both RPCs when two bindings would match the same requests.
  absl::Status Add(std::unique_ptr<Binding> binding);

  struct Match {
    const Binding* binding = nullptr;  // null: see `allowed`
    PathSegments segments;             // of the path, without the verb; for Capture
    // The methods of this path when it has none for this one, sorted. Empty: there is no such path.
    std::vector<std::string> allowed;
  };
  // HEAD is GET when there is no HEAD. `path` is without the query, still encoded, and must outlive the match.
  Match Find(std::string_view method, std::string_view path) const;
  // As Match::allowed, whatever the method.
  std::vector<std::string> AllowedOn(std::string_view path) const;

  // In the order of Add.
  const std::vector<std::unique_ptr<Binding>>& bindings() const { return bindings_; }

 private:
  using Leaf = std::map<std::string, const Binding*, std::less<>>;  // by method
  struct Node {
    absl::flat_hash_map<std::string, std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> one;                       // "*"
    std::map<std::string, Leaf, std::less<>> here;   // paths that end here, by verb
    std::map<std::string, Leaf, std::less<>> below;  // paths that go on with "**"
  };
  struct Search {
    std::string_view method;
    std::string_view verb;
    const PathSegments& segments;
    const Binding* found = nullptr;
    std::set<std::string> allowed;
  };
  static bool Walk(const Node& node, size_t depth, Search* search);
  static bool Look(const std::map<std::string, Leaf, std::less<>>& leaves, Search* search);

  Node root_;
  std::vector<std::unique_ptr<Binding>> bindings_;
};

}  // namespace smallbiznis::rpc::gateway
