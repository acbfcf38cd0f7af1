// Who provides and who needs what. Types erased; knows nothing of instances.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "absl/status/status.h"
#include "pkg/fx/module.h"

namespace smallbiznis::fx {

class Graph {
 public:
  // A constructor or an invocation, with the module that added it.
  struct Step {
    std::string module;
    Option option;
    int invocation = 0;  // the how manieth of its module, from 1; 0: a constructor
  };

  void Add(Module module);

  // OK when every type has one provider, no constructor needs itself, and all that is needed for the invocations is
  // provided. Otherwise FAILED_PRECONDITION with one line for each thing that is wrong:
  //
  //   tenant::Onboarding (module tenant) needs domain::Domains: nobody provides it; chain: invocation 1 of module
  //   tenant -> tenant::Onboarding (module tenant) -> domain::Domains
  absl::Status Validate() const;

  // Every step that runs, in an order in which each comes after what it needs: for each invocation in turn, first what
  // it needs and is not there yet. Only for a graph that Validate finds OK.
  std::vector<size_t> BuildOrder() const;

  const Step& step(size_t index) const { return steps_[index]; }
  size_t size() const { return steps_.size(); }
  // "db::Pool (module db)", "invocation 2 of module rpc".
  std::string Label(size_t index) const;
  // The step that provides `type`; npos when there is none.
  size_t ProviderOf(std::type_index type) const;
  static constexpr size_t npos = static_cast<size_t>(-1);

  // For Graphviz: a cluster for each module, an arrow from each type to what it needs, what is missing dashed and red.
  std::string Dot() const;

 private:
  class Visit;

  std::vector<Step> steps_;
  std::map<std::type_index, std::vector<size_t>> providers_;  // by provided type, the first one counts
};

}  // namespace smallbiznis::fx
