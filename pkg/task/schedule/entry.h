// What a scheduler enqueues, and when.
#pragma once

#include <string>
#include <vector>

#include "pkg/task/task.h"

namespace smallbiznis::task {

struct Entry {
  std::string spec;  // see pkg/cron/cron.h
  Task task;
  EnqueueOptions options;
};

// The options that are set, and the headers, as asynq notes them: MaxRetry(3), Queue("low"), Timeout(1m0s).
std::vector<std::string> GoOptions(const Entry& entry);

// The same in every process: SHA-256 of spec, type, payload and sorted options, in hexadecimal digits.
std::string EntryId(const Entry& entry);

}  // namespace smallbiznis::task
