// The Lua scripts of lua/, each one atomic step. Their first lines say what they take and answer.
#pragma once

#include "pkg/redis/script.h"

namespace smallbiznis::task {

struct Scripts {
  redis::Script enqueue;
  redis::Script enqueue_pending;
  redis::Script exchange;
  redis::Script extend_leases;
  redis::Script recover;
  redis::Script expired_leases;
  redis::Script forward;
  redis::Script delete_due;
  redis::Script write_result;
  redis::Script publish_server;
  redis::Script aggregation_check;
  redis::Script read_aggregation_set;
  redis::Script delete_aggregation_set;
  redis::Script reclaim_sets;

  static const Scripts& Get();
};

}  // namespace smallbiznis::task
