// In which order a server looks for work in its queues.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/random/random.h"

namespace smallbiznis::task {

// Strict: always by weight, the heaviest first. Otherwise each order is drawn anew: a queue is in front of another as
// often as their weights say. Used by one thread.
class QueueOrder {
 public:
  QueueOrder(const std::map<std::string, int>& weights, bool strict);

  // Every queue once. Valid until the next call.
  const std::vector<std::string>& Next();

 private:
  struct Queue {
    std::string name;
    double weight;
    double key = 0;
  };
  const bool strict_;
  std::vector<Queue> queues_;
  std::vector<std::string> order_;
  absl::BitGen random_;
};

}  // namespace smallbiznis::task
