// The Lua scripts of this folder, each one atomic step. Their first lines say what they take and answer.
#pragma once

#include "pkg/redis/script.h"

namespace smallbiznis::task {

struct InspectScripts {
  redis::Script queue_stats;
  redis::Script memory_usage;
  redis::Script list_tasks;
  redis::Script get_task;
  redis::Script change_task;
  redis::Script change_tasks;
  redis::Script update_payload;
  redis::Script remove_keys;

  static const InspectScripts& Get();
};

}  // namespace smallbiznis::task
