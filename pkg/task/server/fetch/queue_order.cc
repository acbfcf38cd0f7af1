#include "pkg/task/server/fetch/queue_order.h"

#include <algorithm>

namespace smallbiznis::task {

QueueOrder::QueueOrder(const std::map<std::string, int>& weights, bool strict) : strict_(strict) {
  for (const auto& [name, weight] : weights) queues_.push_back({.name = name, .weight = static_cast<double>(weight)});
  std::stable_sort(queues_.begin(), queues_.end(), [](const Queue& a, const Queue& b) { return a.weight > b.weight; });
  for (const Queue& queue : queues_) order_.push_back(queue.name);
}

const std::vector<std::string>& QueueOrder::Next() {
  if (strict_ || queues_.size() == 1) return order_;
  // Weighted sampling without replacement: the smallest of exponential variates with these rates comes first.
  for (Queue& queue : queues_) queue.key = absl::Exponential<double>(random_) / queue.weight;
  std::sort(queues_.begin(), queues_.end(), [](const Queue& a, const Queue& b) { return a.key < b.key; });
  std::transform(queues_.begin(), queues_.end(), order_.begin(), [](const Queue& queue) { return queue.name; });
  return order_;
}

}  // namespace smallbiznis::task
