// What an expression may name: variables, functions and message types, seen from a container.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/message/types.h"
#include "pkg/cel/value/type.h"

namespace smallbiznis::cel {

struct Declarations {
  std::string container;  // "shop.v1": names are looked for in shop.v1, then shop, then by themselves
  Functions functions;
  std::map<std::string, int32_t, std::less<>> slots;  // of the variables
  std::vector<Type> variables;                        // by slot
  std::vector<std::string> names;                     // by slot
  Types types;
};

}  // namespace smallbiznis::cel
