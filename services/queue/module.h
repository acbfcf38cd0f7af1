// Wiring of the queue room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::queue {

// Provides the task::Inspector, hosts QueueService and adds the queues' metrics to the program's. Needs a
// redis::Client, a db::Pool and the audit::Audit.
fx::Module Module();

}  // namespace smallbiznis::queue
