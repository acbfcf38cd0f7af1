// Parameters as libpq takes them.
#pragma once

#include <vector>

#include "pkg/db/param.h"

namespace smallbiznis::db {

class Values {
 public:
  // `params`, a range of Param, must stay until libpq has sent them.
  template <class Params>
  void Set(const Params& params) {
    data_.clear();
    lengths_.clear();
    formats_.clear();
    for (const Param& param : params) {
      data_.push_back(param.value() ? param.value()->c_str() : nullptr);
      lengths_.push_back(param.value() ? static_cast<int>(param.value()->size()) : 0);
      formats_.push_back(param.binary() ? 1 : 0);
    }
  }

  const char* const* data() const { return data_.data(); }
  const int* lengths() const { return lengths_.data(); }  // of binary ones; libpq looks for the end of texts
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<const char*> data_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

}  // namespace smallbiznis::db
